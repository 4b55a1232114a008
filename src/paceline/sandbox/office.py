"""What all connections of one SMTP sandbox share, and how it files a complete message before the answer."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from paceline.sandbox import replies
from paceline.sandbox.behaviours import Rule, RuleBook, Situation
from paceline.sandbox.mailbox import Delivery, Mailbox
from paceline.sandbox.record import Entry, MessageFolder, RecordFile, Written
from paceline.sandbox.smtp_message import ReceivedMessage

if TYPE_CHECKING:
    from paceline.sandbox.smtp_connection import SmtpConnection

_as_text = lru_cache(maxsize=256)(replies.as_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a complete message is answered."""

    rule: Rule | None
    normal: bytes
    """The reply if the server behaves."""
    said: bytes | None
    """The reply that is given, None for none."""
    stored: bool


@dataclass(slots=True, kw_only=True)
class Office:
    """What all connections share."""

    mailbox: Mailbox
    rules: RuleBook
    clock: Callable[[], float]
    """UTC seconds."""
    record: RecordFile | None
    folder: MessageFolder | None
    keep_data: bool
    tls: ssl.SSLContext | None
    logins: Mapping[str, str] | None
    """Passwords (or access tokens) by username; None accepts any login."""
    latency_seconds: float
    connections: set[SmtpConnection] = field(default_factory=set)
    all_gone: asyncio.Event = field(default_factory=asyncio.Event)

    def decide(self, rule: Rule | None, message: ReceivedMessage, *, has_recipients: bool) -> Decision:
        """What to answer a complete message, and whether it is stored."""
        normal = message.refusal or (replies.STORED if has_recipients else replies.NO_RECIPIENTS)
        said = normal if rule is None else rule.action.says(normal)
        wanted = rule.action.stored if rule is not None else None
        stored = wanted if wanted is not None else said is not None and said.startswith(b"2")
        return Decision(rule=rule, normal=normal, said=said, stored=stored and has_recipients)

    def file(
        self,
        message: ReceivedMessage,
        situation: Situation,
        recipients: Sequence[str],
        decision: Decision,
        written: Written,
    ) -> None:
        """Take a message into memory, folder and record; ``written`` is called when it is safe to answer."""
        at = self.clock()
        answered = None if decision.said is None else _as_text(decision.said)
        deliveries = [
            Delivery(
                recipient=recipient,
                sender=situation.sender,
                username=situation.username,
                message_id=message.message_id,
                at=at,
                connection=situation.connection,
                answered=answered,
                data=message.data if self.keep_data else None,
            )
            for recipient in recipients
        ]
        if decision.stored:
            self.mailbox.stored(deliveries)
        else:
            self.mailbox.not_stored += deliveries
        file = self.folder.keep(message.data) if self.folder is not None and decision.stored else None
        if self.record is None:
            written(None)
            return
        entry = Entry(
            received_at=at,
            recipients=tuple(recipients),
            sender=situation.sender,
            username=situation.username,
            message_id=message.message_id,
            size=len(message.data),
            sha256=hashlib.sha256(message.data).hexdigest(),
            connection=situation.connection,
            reply=answered,
            stored=decision.stored,
            rule=None if decision.rule is None else decision.rule.name,
            violations=message.violations,
            file=file,
        )
        self.record.append(entry.line(), written)
