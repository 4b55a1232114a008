"""Version 1 of what controller and worker say to each other (docs/reference/worker-protocol.md).

Both ends use these shapes, so they stand here and not in api/schemas. Fields that are not known are ignored, so that a
newer end can talk to an older one. Instants are UTC seconds since the epoch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from paceline.domain.campaign import CampaignStatus

VERSION = 1

WireStatus = Literal["draft", "scheduled", "sending", "processing", "completed", "stopped"]

MOST_RECIPIENTS = 10_000
"""In one part; there may be any number of parts."""

LARGEST_BODY_BYTES = 32 << 20

_PAUSES = frozenset({CampaignStatus.PAUSED, CampaignStatus.PAUSED_LIMITS, CampaignStatus.PAUSED_HEALTH})


def wire_status(status: CampaignStatus, *, filling: bool) -> WireStatus:
    """A status in the words of the wire. ``filling``: recipients are still to come; every pause is ``processing``."""
    if status in _PAUSES or (status is CampaignStatus.RUNNING and filling):
        return "processing"
    return "sending" if status is CampaignStatus.RUNNING else status.value  # type: ignore[return-value]  # the rest by name


class Shape(BaseModel):
    """A message of the protocol."""

    model_config = ConfigDict(extra="ignore")


# Controller to worker.


class CampaignSpec(Shape):
    """What a campaign sends, and how fast."""

    name: str = Field(max_length=200)
    channel: Literal["email", "whatsapp"] = "email"
    content: dict[str, Any] = Field(description="As the controller has frozen it.")
    message_id_domain: str = Field(default="", max_length=253)
    rate_per_minute: float = Field(default=0.0, ge=0)
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    retry_delay_seconds: float | None = Field(default=None, ge=0)
    pacing: dict[str, Any] | None = Field(
        default=None, description="Its sending window and its choice of accounts; none: at any time, whichever is free."
    )
    starts_at: float | None = Field(default=None, description="It starts by itself then.")


class AccountSpec(Shape):
    """An account that is lent: its login with its secrets, its limits, and what it has used."""

    name: str = Field(max_length=200)
    login: dict[str, Any]
    secrets: dict[str, str] = Field(repr=False)
    ca: str = Field(default="", max_length=1 << 20, description="Certificates in PEM that its server may show besides.")
    from_address: str = ""
    minute_limit: int = Field(default=0, ge=0)
    hourly_limit: int = Field(default=0, ge=0)
    daily_limit: int = Field(default=0, ge=0)
    monthly_limit: int = Field(default=0, ge=0)
    window: Literal["calendar", "rolling"] = "calendar"
    timezone: str = "UTC"
    rate_per_minute: float = Field(default=0.0, ge=0)
    max_connections: int = Field(default=1, ge=1)
    weight: float = Field(default=1.0, gt=0)
    warm_up: str = Field(default="", max_length=5000, description="As people write it: 50 +25 until 500.")
    warm_up_since: str | None = Field(default=None, description="Its first day, as 2027-03-01.")
    next_at: float = 0.0
    usage: list[tuple[int, int]] = Field(
        default_factory=list, description="10-second buckets since the epoch, and messages in each."
    )


class Recipient(Shape):
    """One message to send. ``id`` is the controller's number of it and comes back in every report."""

    id: int = Field(ge=1)
    address: str = Field(max_length=320)
    fields: dict[str, str] = Field(default_factory=dict)
    bounce_token: str = Field(default="", pattern=r"^[a-z0-9]{0,100}$")
    unsubscribe_token: str = Field(default="", pattern=r"^[a-z0-9]{0,100}$")


class FileSpec(Shape):
    """A file that is attached to every message; ``id`` is what the content calls it."""

    id: str = Field(max_length=100)
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=200)
    data: str = Field(repr=False, description="Base64.")


class SigningKeySpec(Shape):
    """A DKIM key that signs for a domain while campaigns of the controller are here."""

    domain: str = Field(max_length=253)
    selector: str = Field(max_length=63)
    kind: str = Field(max_length=20, description="rsa or ed25519")
    public_key: str = Field(max_length=10_000)
    private_key: str = Field(max_length=20_000, repr=False, description="PKCS #8, DER, Base64.")


class Part(Shape):
    """Recipients behind ``after`` up to ``upto``, in the order of their ids."""

    after: int = Field(ge=0)
    upto: int = Field(ge=0)
    complete: bool = Field(description="Whether this is the last part.")
    recipients: list[Recipient] = Field(max_length=MOST_RECIPIENTS)


class Initialize(Shape):
    """Prepare a campaign, or bring more of its recipients."""

    version: Literal[1] = 1
    revision: int = Field(ge=1)
    campaign: CampaignSpec
    accounts: list[AccountSpec] = Field(default_factory=list, max_length=1000)
    files: list[FileSpec] = Field(default_factory=list, max_length=100)
    signing_keys: list[SigningKeySpec] | None = Field(
        default=None, max_length=1000, description="All that sign for it now, also after the start; none: as they were."
    )
    part: Part | None = None


class StartOrder(Shape):
    """Start what was initialized."""

    version: Literal[1] = 1
    revision: int = Field(ge=1)


class StopOrder(Shape):
    """End a campaign. ``release``: what was not sent is given back, and reported as ``released``."""

    version: Literal[1] = 1
    release: bool = False


class PauseOrder(Shape):
    """Hold a campaign, or let it go on."""

    version: Literal[1] = 1
    reason: str = Field(default="", max_length=500)


class SuppressedAddress(Shape):
    """An address that gets nothing from now on."""

    channel: Literal["email", "whatsapp"] = "email"
    address: str = Field(max_length=320)
    reason: str = Field(default="suppressed by the controller", max_length=500)
    at: float | None = Field(default=None, description="When it was made at the controller.")
    expires_at: float | None = None


class LiftedAddress(Shape):
    """An address that may get messages again, unless it was suppressed anew since."""

    channel: Literal["email", "whatsapp"] = "email"
    address: str = Field(max_length=320)
    at: float = Field(
        description="When the suppression was made at the controller that is over; who was erased before may come back."
    )


class WithheldRecipient(Shape):
    """A single message that is not to be sent: its recipient has left the list."""

    campaign: str = Field(max_length=100)
    recipient: int = Field(ge=1)
    reason: str = Field(default="withheld by the controller", max_length=500)


class ErasedAddress(Shape):
    """A person who wants to be forgotten: nothing is sent, and what was sent is nobody's from now on."""

    address: str = Field(max_length=320)
    at: float | None = Field(default=None, description="When it was asked for at the controller.")


class Suppressions(Shape):
    """Who is to get nothing by the controller's word, or something again; the erased ones come first, then the lifted."""

    version: Literal[1] = 1
    suppressions: list[SuppressedAddress] = Field(default_factory=list, max_length=MOST_RECIPIENTS)
    lifted: list[LiftedAddress] = Field(default_factory=list, max_length=MOST_RECIPIENTS)
    withheld: list[WithheldRecipient] = Field(default_factory=list, max_length=MOST_RECIPIENTS)
    erased: list[ErasedAddress] = Field(default_factory=list, max_length=MOST_RECIPIENTS)


class CampaignReport(Shape):
    """How a campaign stands at the worker: the answer to every order about it."""

    success: bool = True
    version: int = VERSION
    id: str
    incarnation: str = Field(description="Of the worker's database: another one knows nothing of what was sent before.")
    revision: int
    status: WireStatus
    pause_reason: str | None = None
    paused_by: str | None = Field(default=None, description="The status in full, where it is a pause.")
    resumes_at: float | None = None
    upto: int = Field(description="The last recipient that is here.")
    complete: bool = Field(description="Whether all recipients are here.")
    counts: dict[str, int]
    unreported: int = Field(description="Events of this campaign that the controller has not acknowledged.")
    released: bool = False
    started_at: float | None = None
    finished_at: float | None = None


class Removed(Shape):
    """The answer to DELETE: whether it is done, or waits for the acknowledgement of so many events."""

    success: bool = True
    removed: bool
    unreported: int


class SuppressionsTaken(Shape):
    """The answer to POST /api/suppressions. A worker that does not know the later fields leaves theirs away."""

    success: bool = True
    added: int
    lifted: int | None = None
    withheld: int | None = None
    erased: int | None = None
    missing: list[int] = Field(
        default_factory=list, description="Withheld recipients that are not here (yet): tell them again."
    )


class BegunAnew(Shape):
    """The answer to POST /api/begin-anew: how the worker's database is called from now on."""

    success: bool = True
    incarnation: str


# Worker to controller.


class Event(Shape):
    """One thing that has happened at the worker. Which fields are there depends on ``type``."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    type: Literal["message", "fact", "suppression", "campaign"]
    campaign: str | None = None
    recipient: int | None = None
    at: float
    state: str | None = Field(default=None, description="Of a message, or ``released``; of a campaign its status.")
    attempts: int = 0
    account: str | None = Field(default=None, description="The identity of the account: host:port:username.")
    reply: str | None = None
    kind: str | None = Field(default=None, description="Of a fact: opened, clicked, bounced …")
    doer: str | None = None
    rule: str | None = None
    link: int | None = None
    detail: str | None = None
    channel: str | None = None
    address: str | None = None
    reason: str | None = None
    expires_at: float | None = None
    resumes_at: float | None = None


class WorkerCondition(Shape):
    """How the worker itself is."""

    now: float
    version: str = ""
    backlog: int = Field(default=0, ge=0, description="Events that wait, without those of this request.")
    breaker: str = "closed"
    next_report_seconds: float | None = Field(default=None, ge=0)


class AccountCondition(Shape):
    """How a lent account stands."""

    identity: str
    channel: str = "email"
    state: str
    reason: str | None = None
    until_at: float | None = None


class BatchUpdate(Shape):
    """Events of all campaigns of the worker together, in the order of their sequence.

    Every event behind ``after`` up to ``upto`` is here or was acknowledged before; urgent ones from further on may be
    here as well.
    """

    version: Literal[1] = 1
    incarnation: Annotated[str, Field(min_length=1, max_length=100)]
    after: int = Field(ge=0)
    upto: int = Field(ge=0)
    last: int = Field(ge=0, description="The highest sequence that this worker has ever given.")
    worker: WorkerCondition
    accounts: list[AccountCondition] = Field(default_factory=list)
    events: list[Event]


class Acknowledgement(Shape):
    """The answer to a batch: everything up to ``acknowledged`` is on record at the controller."""

    success: bool
    acknowledged: int
    batch_size: int
    error: str | None = Field(default=None, description="``behind`` or ``ahead`` where the two ledgers do not fit.")
    detail: str | None = None
    tell_again: list[str] = Field(
        default_factory=list, description="Campaigns that ended and of which the controller misses messages."
    )


class SingleEvent(Shape):
    """One event by itself: what /api/tracking/update and /api/tracking/contacts/… take."""

    version: Literal[1] = 1
    event: Event


class Taken(Shape):
    """The answer to a single event; ``new`` is false when it was known."""

    success: bool = True
    new: bool


class CampaignUpdate(Shape):
    """How a campaign stands: what /api/tracking/campaign/status takes."""

    version: Literal[1] = 1
    report: CampaignReport
