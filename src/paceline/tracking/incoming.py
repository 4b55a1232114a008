"""Mail that comes back, from wherever it is read: what it says, which message it is about, and what follows from it.

The message is found by a token of ours (in the address that the mail went to, or in whatever of the message came along,
which also finds redacted complaints), else by its Message-ID. Both are signed: nobody can blame another message.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from sqlalchemy import Connection

from paceline.content.message_id import numbers_in
from paceline.domain.fact import Fact, FactKind
from paceline.domain.tokens import Purpose, Token, Tokens
from paceline.domain.wording import counted
from paceline.store.database import Database
from paceline.store.queue import facts, installation, soft_bounces, suppressions
from paceline.store.queue.facts import SentMessage
from paceline.tracking import unsubscribes
from paceline.tracking.bounce_codes import BounceKind
from paceline.tracking.bounces import Report, ReportKind, read_report, returned_text
from paceline.tracking.complaints import read_complaint
from paceline.tracking.mail_parts import header, parse_mail
from paceline.tracking.providers.base import ProviderEvent
from paceline.tracking.unsubscribes import Way

_MAIL_TOKEN = re.compile(r"\+([a-z2-7]{48})@", re.IGNORECASE)
_URL_TOKEN = re.compile(r"/(?:u|t/o|t/c)/([A-Za-z0-9_-]{40})(?![A-Za-z0-9_-])")
_URL_PURPOSES = (Purpose.UNSUBSCRIBE, Purpose.OPEN, Purpose.CLICK)
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_MOST_CANDIDATES = 50
_DAY_SECONDS = 86400.0

_KINDS = {
    ReportKind.FAILED: FactKind.BOUNCED,
    ReportKind.DELAYED: FactKind.DELAYED,
    ReportKind.DELIVERED: FactKind.DELIVERED,
    ReportKind.READ: FactKind.READ,
    ReportKind.AUTO_REPLY: FactKind.AUTO_REPLIED,
    ReportKind.COMPLAINT: FactKind.COMPLAINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When bounces suppress an address. 0 soft bounces: never."""

    soft_bounces: int
    soft_days: float
    soft_suppression_days: float
    """0: for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a mail."""

    report: Report
    message_id: int | None
    """The message that it is about; None: it could not be found, and a person may want to look."""
    workspace_id: int | None = None
    """Whose message that is."""
    suppressed: bool = False
    """Whether the address gets nothing from now on because of it."""
    asks_to_unsubscribe: bool = False
    unsubscribed: bool = False
    """It asked for it, and was not before."""


class Incoming:
    """Takes mail that comes back. Safe to use from several threads; the same mail twice changes nothing."""

    def __init__(self, queue: Database, tokens: Tokens, thresholds: Thresholds) -> None:
        self._queue = queue
        self._tokens = tokens
        self._thresholds = thresholds
        with queue.read() as connection:
            self._secret = installation.name(connection).encode()

    def take(self, raw: bytes, *, sent_to: str = "", now: float) -> list[Taken]:
        """Record what a mail says and draw the consequences. ``sent_to`` is its envelope recipient, where it is known.

        Raises StoreUnavailable; the mail may then be taken again.
        """
        mail = parse_mail(raw)
        addressed = "\n".join([f"<{sent_to}>", *(header(mail, name) for name in _ADDRESSED)])
        complaint = read_complaint(mail)
        reports = [complaint] if complaint is not None else read_report(mail)
        asked = self._mail_token(addressed, Purpose.UNSUBSCRIBE_MAIL)
        if asked is not None and reports[0].kind is ReportKind.UNKNOWN:
            done = unsubscribes.unsubscribe(self._queue, asked, Way.MAIL, now=now)
            return [
                Taken(
                    report=reports[0],
                    message_id=asked.message_id,
                    workspace_id=asked.workspace_id,
                    asks_to_unsubscribe=True,
                    unsubscribed=done,
                )
            ]
        message = self._find_by(addressed, returned_text(mail))
        if message is None:
            return [Taken(report=report, message_id=None) for report in reports]
        key = _key(mail, raw)
        return [self._record(report, message, key, now) for report in _about(message, reports)]

    def take_event(self, event: ProviderEvent, *, now: float) -> Taken:
        """The same for an event that a provider reports; told twice it changes nothing."""
        message = self._find_by(event.marks, event.marks)
        if message is None:
            return Taken(report=event.report, message_id=None)
        return self._record(event.report, message, event.key, now)

    def _record(self, report: Report, message: SentMessage, key: str, now: float) -> Taken:
        kind = _KINDS.get(report.kind)
        if kind is None:
            return Taken(report=report, message_id=message.id, workspace_id=message.workspace_id)
        fact = Fact(
            message_id=message.id,
            campaign_id=message.campaign_id,
            kind=kind,
            key=key,
            at=now,
            rule=None if report.bounce is None else str(report.bounce),
            detail=" ".join(filter(None, (report.status, report.diagnosis))) or None if message.address else None,
        )
        with self._queue.write() as connection:
            new = facts.record(connection, self._queue, [fact], now=now)
            suppressed = bool(new) and self._suppress(connection, report, message, now)
        return Taken(report=report, message_id=message.id, workspace_id=message.workspace_id, suppressed=suppressed)

    def _suppress(self, connection: Connection, report: Report, message: SentMessage, now: float) -> bool:
        """Hard bounces and complaints at once, soft ones when there are enough; the rest says nothing of the address."""
        if not message.address:  # the recipient was erased
            return False
        limits = self._thresholds
        reason, expires_at = "", None
        if report.kind is ReportKind.COMPLAINT:
            reason = "complaint"
        elif report.bounce is BounceKind.HARD:
            reason = f"hard bounce: {report.diagnosis or report.status}"[:300]
        elif report.bounce is BounceKind.SOFT and limits.soft_bounces:
            since = now - limits.soft_days * _DAY_SECONDS
            count = soft_bounces.count_one_more(
                connection,
                message.address,
                workspace_id=message.workspace_id,
                message_id=message.id,
                at=now,
                since=since,
            )
            if count >= limits.soft_bounces:
                reason = f"{counted(count, 'soft bounce')} in {counted(limits.soft_days, 'day')}; the last: {report.diagnosis}"[
                    :300
                ]
                days = limits.soft_suppression_days
                expires_at = now + days * _DAY_SECONDS if days else None
        if not reason:
            return False
        added = suppressions.suppress(
            connection,
            [message.address],
            workspace_id=message.workspace_id,
            channel=message.channel,
            reason=reason,
            source="complaint" if report.kind is ReportKind.COMPLAINT else "bounce",
            now=now,
            expires_at=expires_at,
        )
        return added > 0

    def _find_by(self, addressed: str, returned: str) -> SentMessage | None:
        """The message that these texts are about: the first mark of ours in them that names one."""
        with self._queue.read() as connection:
            for token in self._tokens_in(addressed, returned):
                found = facts.find_message(
                    connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
                )
                if found is not None:
                    return found
            numbers = numbers_in(returned, self._secret)
            known = facts.sent_messages(connection, self._queue, numbers)
        return next((known[number] for number in numbers if number in known), None)

    def _tokens_in(self, addressed: str, returned: str) -> Iterator[Token]:
        for text in (addressed, returned):
            if (token := self._mail_token(text, Purpose.BOUNCE)) is not None:
                yield token
        if (token := self._mail_token(returned, Purpose.UNSUBSCRIBE_MAIL)) is not None:
            yield token
        for match, _ in zip(_URL_TOKEN.finditer(returned), range(_MOST_CANDIDATES), strict=False):
            for purpose in _URL_PURPOSES:
                if (token := self._tokens.read(match[1], purpose)) is not None:
                    yield token

    def _mail_token(self, text: str, purpose: Purpose) -> Token | None:
        candidates = zip(_MAIL_TOKEN.finditer(text), range(_MOST_CANDIDATES), strict=False)
        found = (self._tokens.read_from_mail(match[1], purpose) for match, _ in candidates)
        return next(filter(None, found), None)


def _key(mail: Message, raw: bytes) -> str:
    """Names a mail: the same for the copies that several ways bring, which differ in what was written on them on the way."""
    own_id = header(mail, "Message-ID")
    return hashlib.blake2b(
        f"{own_id} {header(mail, 'Date')}".encode("utf-8", "replace") if own_id else raw, digest_size=8
    ).hexdigest()


def _about(message: SentMessage, reports: list[Report]) -> list[Report]:
    """The reports about the message's own recipient; the only one is, whatever it calls the recipient."""
    own = [report for report in reports if report.recipient == message.address.casefold()]
    return own[:1] or reports[:1]
