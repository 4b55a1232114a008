"""What comes back about a message: the kinds of facts, and who did what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    """What happened after a message was accepted. None of it changes the message's state."""

    DELIVERED = "delivered"  # a report says that it reached the mailbox
    READ = "read"  # a receipt of its reader
    DELAYED = "delayed"  # a report says that it is still under way
    BOUNCED = "bounced"  # a report says that it did not arrive
    AUTO_REPLIED = "auto_replied"  # out of office and the like
    REPLIED = "replied"  # a person has answered
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    COMPLAINED = "complained"  # called spam


class Doer(StrEnum):
    """Who opened or clicked. Only people are counted as such."""

    PERSON = "person"
    PREFETCH = "prefetch"  # a mail program or a browser that loads ahead
    PROXY = "proxy"  # loads everything at delivery and hides its reader, as Apple's mail privacy does
    SCANNER = "scanner"  # a program that looks for harm


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact about one message. A second one with the same kind and key is the same fact."""

    message_id: int
    campaign_id: int
    kind: FactKind
    key: str
    at: float
    doer: Doer | None = None
    rule: str | None = None
    """What recognised the doer, or what kind of bounce it is."""
    link: int | None = None
    detail: str | None = None

    @property
    def counts_as_person(self) -> bool:
        """Whether it says something about the recipient, and not about a program on the way."""
        return self.doer is None or self.doer is Doer.PERSON
