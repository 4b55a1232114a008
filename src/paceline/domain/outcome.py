"""How one delivery can end: a closed union, the same for every channel.

A channel classifies what its provider said into these values; above the channel nobody looks at a reply code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TroubleKind(StrEnum):
    """What an account's trouble asks for."""

    BUSY = "busy"  # the server wants fewer connections or closed this one: reconnect soon
    LIMITED = "limited"  # the provider's own limit is reached: wait a known time
    FAILING = "failing"  # refused, unreachable, TLS, temporary login failure: back off, doubled
    BROKEN = "broken"  # login refused, certificate, sender blocked: needs a person
    TOO_FAST = "too_fast"  # the provider takes fewer messages a second: go on at a lower rate
    ALARM = "alarm"  # spam, policy or payment: the account and its campaigns stop at once, a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTrouble:
    """Why an account cannot send now. No recipient is to blame."""

    kind: TroubleKind
    reason: str
    """The reply or the failure, in words, sanitised."""
    retry_after_seconds: float | None = None
    """What the provider asked for; None lets the account's back-off decide."""
    is_shared: bool = False
    """Whether it is the trouble of all accounts that belong together with this one."""
    is_answer: bool = False
    """Whether these are the provider's own words: ours (a time-out, a check before sending) set off no reply rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStop:
    """The template that the message was made of cannot be sent now; its contacts wait, those of others do not."""

    reason: str
    seconds: float | None = None
    """How long; None: until the provider or a person says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The receiver took responsibility for the message."""

    reply: str
    template_stop: TemplateStop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Refused for now because of this recipient; certainly not accepted."""

    reply: str
    retry_after_seconds: float | None = None
    is_answer: bool = False
    """As of AccountTrouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Refused for good because of this recipient or this content; certainly not accepted."""

    reply: str
    hard_bounce: bool = False
    """The address does not exist: it is suppressed."""
    spam: bool = False
    """It was refused for its content, or for the reputation of who sends it."""
    is_answer: bool = False
    """As of AccountTrouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Certainly not accepted, and not the recipient's fault: the message goes back unharmed.

    ``trouble`` is None when only this connection ended (closed between two messages); the next one may work at once.
    With ``retry_after_seconds`` nothing is wrong with the connection: only this message has to wait.
    """

    reply: str
    trouble: AccountTrouble | None = None
    retry_after_seconds: float | None = None
    template_stop: TemplateStop | None = None
    is_answer: bool = False
    """As of AccountTrouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """Handed over, and the answer never came or made no sense (RFC 1047's window). Never retried by itself."""

    cause: str


Outcome = Accepted | Deferred | Refused | Returned | Uncertain
