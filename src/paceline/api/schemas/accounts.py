"""Shapes of accounts: what is created, changed, imported, tested, and what is shown, which is never a secret."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.domain.account import AccountState, Security, Window

_MOST_AT_ONCE = 1000
_MOST_TESTS = 100

Line = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[str, Field(min_length=1, max_length=4096)]
Tag = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.:-]+$", examples=["warm"])]
Tags = Annotated[list[Tag], Field(max_length=20)]
SmtpLimit = Annotated[int, Field(ge=0, le=1_000_000_000, description="Messages per window; 0 is unlimited.")]
Pace = Annotated[float, Field(ge=0, le=1_000_000, strict=False, description="Messages per minute; 0 is no pace.")]
Connections = Annotated[int, Field(ge=1, le=1000)]
Largest = Annotated[
    int,
    Field(
        ge=0, le=1_000_000_000, description="Messages that a campaign may have to be started with it; 0: any number."
    ),
]
Weight = Annotated[
    float, Field(ge=0.001, le=1000, strict=False, description="Its share of campaigns that choose by weight.")
]
WarmUpText = Annotated[
    str,
    Field(
        max_length=4000,
        description="The messages of its first days: 50 +25 until 500, 50 +20% until 5000, or 20, 40, 80; empty: no ramp.",
        examples=["50 +20% until 5000"],
    ),
]
AccountIds = Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=_MOST_AT_ONCE)]
WindowName = Annotated[Window, Field(strict=False)]
ChannelName = Literal["email", "whatsapp"]
SecurityName = Annotated[Security, Field(strict=False)]


class Limits(Request):
    """What an account may send and how fast."""

    minute_limit: SmtpLimit | None = None
    hourly_limit: SmtpLimit | None = None
    daily_limit: SmtpLimit | None = None
    monthly_limit: SmtpLimit | None = None
    window: WindowName | None = None
    timezone: Line | None = Field(default=None, description="Whose hours and days count, for example Europe/Berlin.")
    rate_per_minute: Pace | None = None
    max_connections: Connections | None = None
    largest_campaign: Largest | None = None
    weight: Weight | None = None
    warm_up: WarmUpText | None = None
    warm_up_since: Annotated[str, Field(max_length=10, examples=["2027-03-01"])] | None = Field(
        default=None, description="The first day of the warm-up; absent: the day of its first use."
    )


class AccountFields(Limits):
    """The fields of an account that may be given or left out. Host to from belong to e-mail, phone_number_id and the
    five behind it to WhatsApp; one that belongs to the other channel is refused.
    """

    host: Annotated[str, Field(min_length=1, max_length=253, examples=["smtp.example.com"])] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: SecurityName | None = Field(default=None, description="Absent: tls on port 465, else starttls.")
    username: Annotated[str, Field(max_length=200)] | None = None
    password: Secret | None = Field(default=None, description="Sealed when it is stored and never shown again.")
    oauth: Line | None = Field(default=None, description="google or microsoft, instead of a password.")
    client_id: Line | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    tenant: Line | None = None
    scope: Line | None = None
    from_: Annotated[str, Field(max_length=320)] | None = Field(
        default=None, alias="from", description="Overrides the campaign's From."
    )
    phone_number_id: Annotated[str, Field(min_length=1, max_length=40, examples=["106540352242922"])] | None = Field(
        default=None, description="Of a WhatsApp number, from WhatsApp Manager; e-mail accounts have none."
    )
    token: Secret | None = Field(
        default=None, description="Of a system user; sealed when it is stored and never shown again."
    )
    api_url: Line | None = Field(default=None, description="Absent: https://graph.facebook.com.")
    api_version: Line | None = Field(default=None, description="Absent: v25.0.")
    messages_per_second: Annotated[float, Field(ge=0.1, le=10_000, strict=False)] | None = Field(
        default=None, description="The provider's limit of the number: 20, 80 (absent) or 1,000."
    )
    business_account_id: Annotated[str, Field(max_length=40)] | None = Field(
        default=None, description="Of the WhatsApp Business Account; absent: a webhook tells it."
    )

    def given(self) -> dict[str, Any]:
        """The fields that were sent, by their names outside."""
        sent = self.model_dump(by_alias=True, exclude_none=True, exclude={"tags", "enabled"})
        return {name: str(value) if isinstance(value, Security | Window) else value for name, value in sent.items()}


class NewAccount(AccountFields):
    """An account to store: by e-mail it needs host and port, by WhatsApp phone_number_id and token."""

    name: Line
    channel: ChannelName = "email"
    tags: Tags = Field(default_factory=list)


class AccountChange(AccountFields):
    """What is to change; a new host, port or user name needs the password again, a new api_url the token."""

    name: Line | None = None
    tags: Tags | None = None
    enabled: bool | None = None


class PhoneNumberAnswer(Answer):
    """A WhatsApp number's own settings, and how it stood when the provider was asked last; what is not known is empty."""

    phone_number_id: str
    api_url: str
    api_version: str
    messages_per_second: float
    business_account_id: str
    display_number: str = Field(description="Digits.")
    status: str = Field(description="CONNECTED while it may send.")
    quality: str = Field(description="GREEN, YELLOW or RED.")
    messaging_limit: int | None = Field(description="Recipients in 24 hours; -1: any number; null: not known.")
    inbound_at: Instant | None = Field(description="The last message from a person.")
    checked_at: Instant | None


class AccountAnswer(Answer):
    """An account without its secrets."""

    id: str
    name: str
    channel: ChannelName
    host: str
    port: int
    security: str
    username: str
    oauth: str | None
    from_: str = Field(serialization_alias="from")
    tags: list[str]
    enabled: bool
    state: AccountState
    reason: str | None
    resumes_at: Instant | None
    sent_this_hour: int
    sent_today: int
    minute_limit: int
    hourly_limit: int
    daily_limit: int
    monthly_limit: int
    window: str
    timezone: str
    rate_per_minute: float
    max_connections: int
    largest_campaign: int
    weight: float
    warm_up: str = Field(description="The ramp of its first days; empty: none.")
    warm_up_since: str | None
    guarded: bool = Field(description="Made over the API: its host must be public, or on the administrator's list.")
    whatsapp: PhoneNumberAnswer | None = Field(description="Of a WhatsApp number; null for e-mail.")


class AccountsChosen(Request):
    """Several accounts: either by their ids or by a tag."""

    ids: AccountIds | None = None
    tag: Tag | None = None


class AccountsEdit(AccountsChosen):
    """What is to change on all of them; tags are added and taken away."""

    changes: Limits = Limits()
    add_tags: Tags = Field(default_factory=list)
    remove_tags: Tags = Field(default_factory=list)
    enabled: bool | None = None


class AccountsEdited(Answer):
    """How many were changed."""

    changed: int


class AccountsTest(Request):
    """Which accounts to test, up to a hundred."""

    ids: Annotated[list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=_MOST_TESTS)]


class AccountTested(Answer):
    """How one test ended."""

    id: str
    name: str
    ok: bool
    message: str
    seconds: float


class AccountsTested(Answer):
    """One result for each account."""

    items: list[AccountTested]


class AccountsFile(Request):
    """A file of accounts as text: CSV with a column per field, or TOML with [[accounts]] tables."""

    file_name: Annotated[str, Field(min_length=1, max_length=200, examples=["accounts.csv"])]
    content: Annotated[str, Field(min_length=1, max_length=150_000)]


class AccountsImported(Answer):
    """What came of it: all of them, or a problem for each line that is wrong."""

    created: int
    changed: int


class DayUsageAnswer(Answer):
    """One day of the account's time zone."""

    date: str
    messages: int


class AccountUsageAnswer(Answer):
    """What an account has sent."""

    sent_this_hour: int
    hourly_limit: int
    sent_today: int
    daily_limit: int
    timezone: str
    days: list[DayUsageAnswer] = Field(description="The last 30 days, the oldest first.")


class ServerAnswer(Answer):
    """A host that accounts sit on."""

    id: str
    host: str
    accounts: int
    states: dict[str, int] = Field(description="How many accounts are in which state.")
    max_connections: int | None = Field(description="Of all its accounts together; null: not limited.")
    granted_connections: int = Field(description="How many are in the hands of senders now.")


class Servers(Answer):
    """Every server of the workspace, by host."""

    items: list[ServerAnswer]


class ServerLimit(Request):
    """How many connections all accounts of a server may have together; null: as many as each of them may."""

    max_connections: Annotated[int, Field(ge=1, le=10_000)] | None = Field(examples=[20])
