"""Shapes of campaigns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from paceline.api.schemas.accounts import ChannelName
from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.content import Address, Content, Fields, ProblemAnswer
from paceline.api.schemas.segments import CountAnswer, Name
from paceline.domain.finding import Severity

Status = Literal["draft", "scheduled", "running", "paused", "paused_limits", "paused_health", "stopped", "completed"]
Id = Annotated[str, Field(min_length=1, max_length=100)]
Rate = Annotated[float, Field(ge=0, le=1_000_000, description="Messages a minute, evenly spaced; 0: no pace.")]
Worker = Annotated[
    str,
    Field(
        min_length=1, max_length=100, description="The remote worker that sends it, by id or name; null: nobody else."
    ),
]
_FALLBACK = "Whether it is sent from here when the worker cannot be reached before the start."


class AudienceRequest(Request):
    """Who gets it: people confirmed on one of the lists (without lists: on any) who fit the segment, less those excluded."""

    lists: list[Id] = Field(default_factory=list, max_length=50)
    segment: Id | None = None
    exclude_lists: list[Id] = Field(default_factory=list, max_length=50)
    exclude_segment: Id | None = None


class WindowFields(Request):
    """When a campaign may send; what is absent does not limit it. An empty one takes the window away."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = Field(default=None, max_length=7)
    hours: list[Annotated[str, Field(max_length=11, examples=["09:00-17:30"])]] | None = Field(
        default=None, max_length=24, description="One that ends before it begins ends on the following day."
    )
    holidays: list[Annotated[str, Field(max_length=10, examples=["2027-12-24"])]] | None = Field(
        default=None, max_length=1000
    )
    timezone: Annotated[str, Field(max_length=60)] | None = Field(default=None, description="Absent: UTC.")
    recipient_timezone: Annotated[str, Field(max_length=200)] | None = Field(
        default=None,
        description="The field of a contact that holds its time zone; empty: the campaign's holds for all.",
    )
    not_before: Annotated[str, Field(max_length=30, examples=["2027-03-01T09:00:00"])] | None = Field(
        default=None, description="A local time: nobody gets it before it is that time there."
    )


AccountChoiceName = Literal["free", "even", "weighted", "remaining", "sticky", "same_provider"]
Weight = Annotated[
    float, Field(ge=0.001, le=1000, strict=False, description="Its share of accounts that other campaigns use too.")
]


class WhereFields(Request):
    """The contacts of a template: those whose field has this value."""

    field: Annotated[str, Field(min_length=1, max_length=100)]
    equals: Annotated[str, Field(max_length=2_000)]


class TemplateFields(Request):
    """A WhatsApp template that was approved, what fills it in, and which of the contacts get it."""

    name: Annotated[str, Field(min_length=1, max_length=512, examples=["spring_sale"])]
    language: Annotated[str, Field(min_length=1, max_length=15, examples=["en_US"])]
    share: Annotated[float, Field(ge=0, le=1, strict=False)] | None = Field(
        default=None, description="Of the contacts; given with all templates or none (equal shares), 1 in all."
    )
    where: WhereFields | None = Field(default=None, description="Instead of a share.")
    parameters: dict[str, Any] | None = Field(
        default=None,
        description="As in a campaign file: header, body, buttons, offer_ends_ms, carousel; texts are templates of ours.",
        examples=[{"body": ["{{ contact.first_name }}"]}],
    )


Templates = Annotated[
    list[TemplateFields],
    Field(max_length=50, description="Of the WhatsApp part, one after the other in this order."),
]
Fallback = Annotated[
    Literal["", "email", "whatsapp"],
    Field(description="The other channel, which takes over for contacts whom this one cannot reach; empty: none."),
]
Country = Annotated[
    str,
    Field(
        max_length=2, examples=["CH"], description="Of phone numbers without a country code; empty: they are refused."
    ),
]


class NewCampaign(Request):
    """A draft to create; all but the name may come later, and its channel stays."""

    name: Name
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None
    channel: ChannelName = "email"
    template_id: Id | None = Field(default=None, description="Gives the content, where there is none.")
    content: Content | None = Field(default=None, description="Of the e-mail part.")
    templates: Templates | None = None
    fallback: Fallback = ""
    default_country: Country = ""
    audience: AudienceRequest | None = None
    accounts: list[Id] = Field(default_factory=list, max_length=1000)
    rate_per_minute: Rate = 0.0
    max_attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    retry_delay_seconds: Annotated[float, Field(ge=0, le=604_800)] | None = None
    weight: Weight = 1.0
    account_choice: AccountChoiceName = "free"
    window: WindowFields | None = None
    worker: Worker | None = None
    worker_fallback: bool = Field(default=True, description=_FALLBACK)


class ChangedCampaign(Request):
    """What is to be changed of a draft; what is absent stays."""

    name: Name | None = None
    content: Content | None = Field(default=None, description="Of the e-mail part.")
    templates: Templates | None = None
    fallback: Fallback | None = None
    default_country: Country | None = None
    audience: AudienceRequest | None = None
    accounts: list[Id] | None = Field(default=None, max_length=1000)
    rate_per_minute: Rate | None = None
    max_attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    retry_delay_seconds: Annotated[float, Field(ge=0, le=604_800)] | None = None
    weight: Weight | None = None
    account_choice: AccountChoiceName | None = None
    window: WindowFields | None = Field(default=None, description="Replaces the window as a whole; {} takes it away.")
    worker: Worker | None = None
    worker_fallback: bool | None = Field(default=None, description=_FALLBACK)


class CopyRequest(Request):
    """How the copy is called."""

    name: Name | None = None


class ScheduleRequest(Request):
    """When a campaign starts by itself."""

    at: Annotated[
        str,
        Field(
            max_length=50, description="A local time of the zone, or an instant with Z.", examples=["2027-03-01T09:00"]
        ),
    ]
    timezone: Annotated[str, Field(max_length=60)] | None = Field(default=None, description="Absent: the workspace's.")
    late_start: Literal["ask", "start"] | None = Field(
        default=None, description="When the moment is missed: wait for a person, or start late."
    )


class TestRequest(Request):
    """A look at the campaign in a real mailbox."""

    __test__ = False  # not one of pytest's

    addresses: Annotated[list[Address], Field(min_length=1, max_length=10)]
    account_id: Id
    contact_id: Id | None = None
    fields: Fields = Field(default_factory=dict)


class TestAnswer(Answer):
    """The messages that are under way."""

    __test__ = False

    messages: list[TestMessageAnswer]


class TestMessageAnswer(Answer):
    """One of them; GET /messages/{id} says what became of it."""

    __test__ = False

    id: str
    address: str


class ResolveRequest(Request):
    """What uncertain messages count as."""

    uncertain: Literal["sent", "resend"]


class ResolveAnswer(Answer):
    """How many were decided."""

    resolved: int


class AudienceAnswer(Answer):
    """Who gets it."""

    lists: list[str]
    segment: str | None
    exclude_lists: list[str]
    exclude_segment: str | None


class CampaignAnswer(Answer):
    """A campaign, whatever its status."""

    id: str
    key: str
    name: str
    kind: str
    channel: ChannelName
    status: Status
    content: Content = Field(description="Of the e-mail part; empty where it has none.")
    templates: list[TemplateFields] = Field(description="Of the WhatsApp part; none where it has none.")
    fallback: Literal["", "email", "whatsapp"] = Field(description="The channel that takes over; empty: none.")
    fallback_campaign: str | None = Field(description="The campaign that the second channel became at the start.")
    default_country: str
    audience: AudienceAnswer | None = Field(description="Null where it comes from a file.")
    accounts: list[str]
    worker: str | None = Field(description="The remote worker that sends it; null: this installation does.")
    worker_fallback: bool
    rate_per_minute: float
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float
    account_choice: str
    window: WindowFields | None
    starts_at: Instant | None
    start_timezone: str | None
    late_start: str
    pause_reason: str | None
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


class ListedCampaignAnswer(Answer):
    """A campaign in a list, with its counts by message state."""

    id: str
    key: str
    name: str
    kind: str
    channel: str
    status: Status
    counts: dict[str, int]
    refused: int
    starts_at: Instant | None
    pause_reason: str | None
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None
    finished_at: Instant | None


class LinkAnswer(Answer):
    """A tracked link of a campaign."""

    number: int
    url: str = Field(description="Where it leads, as the content has it.")
    clicks: int = Field(description="Of people, every single one.")


class HealthAnswer(Answer):
    """How a campaign's reputation stands."""

    level: Literal["good", "warned", "paused"]
    evidence: str | None = Field(description="What is wrong, with its numbers.")


class ReportAnswer(Answer):
    """What a campaign has led to."""

    key: str
    name: str
    channel: str
    status: Status
    total: int
    refused: int
    counts: dict[str, int] = Field(description="Messages by state; they add up to the total.")
    came_back: dict[str, int] = Field(
        description="Messages that were delivered, read, bounced, bounced_hard, opened, clicked, unsubscribed or "
        "complained about at least once; every single one of the opens, clicks, automatic_opens and automatic_clicks."
    )
    rates: dict[str, float | None] = Field(description="The counts of messages as shares of the sent ones, 0 to 1.")
    links: list[LinkAnswer]
    health: HealthAnswer
    started_at: str | None
    finished_at: str | None
    updated_at: str


class RateAnswer(Answer):
    """How fast a campaign went between two instants."""

    start_at: Instant
    end_at: Instant
    messages: int = Field(description="That ended in this time, whatever became of them; cancelled ones do not count.")
    per_second: float


class RatesAnswer(Answer):
    """How fast a campaign went, the oldest first; empty before its start."""

    items: list[RateAnswer]


class FindingAnswer(Answer):
    """One thing that was found before a start."""

    severity: Severity
    rule: str = Field(description="What was looked at, for example links, dkim, spf, fields.")
    field: str
    sentence: str
    cure: str


class CheckAnswer(Answer):
    """What stands between a draft and its start."""

    problems: list[ProblemAnswer] = Field(description="These must be mended before it can start.")
    notices: list[ProblemAnswer] = Field(description="These are worth knowing.")
    findings: list[FindingAnswer] = Field(
        description="The same and more of each: errors are problems, warnings notices."
    )
    recipients: CountAnswer
    estimate: EstimateAnswer | None = Field(description="Of a campaign with a WhatsApp part; null for e-mail.")


class EstimatedCostAnswer(Answer):
    """Messages of one category to one country."""

    category: str = Field(description="marketing, utility or authentication; empty: the template's is not known.")
    country: str = Field(description="A calling code, such as +49.")
    messages: int
    amount: str | None = Field(description="A decimal number; null: the rate table has no price.")


class EstimateAnswer(Answer):
    """What a campaign would cost by the installation's rate table, if every message were delivered and none were free."""

    costs: list[EstimatedCostAnswer]
    total: str | None = Field(description="Of all that has a price; null: nothing has.")
    without_price: int = Field(description="Messages for which the rate table has no price.")
    exact: bool = Field(description="False: only the first people were counted, and the rest cost more.")
    is_fallback: bool = Field(
        description="True: it costs this at most, since only those get it whom e-mail does not reach."
    )


class ExplainAnswer(Answer):
    """Why nothing, or not more, is being sent; the cause with most effect first."""

    causes: list[dict[str, Any]]


TestAnswer.model_rebuild()
CheckAnswer.model_rebuild()
