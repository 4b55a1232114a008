"""Unsubscribing: by one click of a mail program (RFC 8058), on the page for people, and back again.

It takes effect with the commit: the intent of every message asks for suppressed addresses, so what is queued is not sent
any more. Nothing here happens on a GET.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum

from paceline.domain.fact import Fact, FactKind
from paceline.domain.tokens import Token
from paceline.store.database import Database
from paceline.store.queue import facts, suppressions
from paceline.store.queue.facts import SentMessage

REASON = "unsubscribed"
"""The reason of a suppression that its owner may take back."""


class Way(StrEnum):
    """How somebody unsubscribed."""

    ONE_CLICK = "one-click"  # a button of the mail program
    PAGE = "page"
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an unsubscribe link is about, and how things stand."""

    address: str
    suppressed_because: str | None
    """None: the address gets mail."""

    @property
    def is_unsubscribed(self) -> bool:
        """Whether its owner said so, and may say otherwise."""
        return self.suppressed_because == REASON


TEST = Recipient(address="", suppressed_because=None)
"""Of a test message that belongs to nobody: the page is shown, and nothing changes."""


ERASED = Recipient(address="This address", suppressed_because="erased")
"""Of a message whose recipient was erased: nobody can be named, and nothing is left to do."""


def find(queue: Database, token: Token, *, now: float) -> Recipient | None:
    """Whom a genuine token is about; None when message or campaign are not there (any more)."""
    if token.message_id == 0:
        return TEST
    with queue.read() as connection:
        message = facts.find_message(
            connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
        )
        if message is None:
            return None
        if not message.address:
            return ERASED
        found = suppressions.find(
            connection, message.address, workspace_id=message.workspace_id, channel=message.channel, now=now
        )
    return Recipient(address=message.address, suppressed_because=None if found is None else found.reason)


def unsubscribe(queue: Database, token: Token, way: Way, *, now: float) -> bool:
    """No message to this address from now on; False when there is no such message. A second call changes nothing."""
    if token.message_id == 0:
        return True
    with queue.write() as connection:
        message = facts.find_message(
            connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
        )
        if message is None:
            return False
        if not message.address:  # its recipient was erased
            return True
        added = suppressions.suppress(
            connection,
            [message.address],
            workspace_id=message.workspace_id,
            channel=message.channel,
            reason=REASON,
            source=way,
            now=now,
        )
        if added:
            facts.record(connection, queue, [_fact(message, FactKind.UNSUBSCRIBED, way, now)], now=now)
    return True


def resubscribe(queue: Database, token: Token, *, now: float) -> bool:
    """Undo it; False when there is nothing to undo: who complained or bounced is not brought back by a link."""
    with queue.write() as connection:
        message = facts.find_message(
            connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
        )
        if message is None:
            return False
        workspace_id, channel = message.workspace_id, message.channel
        found = suppressions.find(connection, message.address, workspace_id=workspace_id, channel=channel, now=now)
        if found is None or found.reason != REASON:
            return False
        suppressions.lift(connection, message.address, workspace_id=workspace_id, channel=channel)
        facts.record(connection, queue, [_fact(message, FactKind.RESUBSCRIBED, Way.PAGE, now)], now=now)
    return True


def _fact(message: SentMessage, kind: FactKind, way: Way, now: float) -> Fact:
    return Fact(
        message_id=message.id,
        campaign_id=message.campaign_id,
        kind=kind,
        key=secrets.token_hex(8),
        at=now,
        detail=str(way),
    )
