"""The one way in for mail that comes back, whoever brings it: what is understood is recorded, the rest kept for a person."""

from __future__ import annotations

import hashlib

from paceline.store.database import Database
from paceline.store.queue import kept_mail
from paceline.tracking.bounces import ReportKind
from paceline.tracking.incoming import Incoming, Taken
from paceline.tracking.mail_parts import MOST_BYTES, header, parse_mail

_LONGEST_TEXT = 300
_NOT_KEPT = frozenset({ReportKind.AUTO_REPLY, ReportKind.DELAYED, ReportKind.DELIVERED, ReportKind.READ})
"""Without a message of ours these are nobody's business."""


class Intake:
    """Takes mail of all ways in. Safe to use from several threads; the same mail twice changes nothing."""

    def __init__(self, queue: Database, incoming: Incoming) -> None:
        self._queue = queue
        self._incoming = incoming

    def take(self, raw: bytes, *, sent_to: str = "", source: str, workspace_id: int, now: float) -> list[Taken]:
        """Take a mail from a way in that is there for nothing else.

        ``sent_to`` is its envelope recipient, where it is known; ``workspace_id`` is whose it is while it names no message
        of ours. Only the first ``MOST_BYTES`` are looked at. Raises StoreUnavailable; the mail may then be taken again.
        """
        mail = raw[:MOST_BYTES]
        taken = self._incoming.take(mail, sent_to=sent_to, now=now)
        for one in taken:
            if _is_for_a_person(one):
                self._keep(mail, one, sent_to=sent_to, source=source, workspace_id=workspace_id, now=now)
                break
        return taken

    def take_if_ours(self, raw: bytes, *, now: float) -> list[Taken]:
        """Take a mail from a mailbox that people use, too: what is no report about a message of ours is let be.

        Returns only what was recorded. Raises StoreUnavailable; the mail may then be taken again.
        """
        taken = self._incoming.take(raw[:MOST_BYTES], now=now)
        return [one for one in taken if one.asks_to_unsubscribe or not (one.message_id is None or _is_unknown(one))]

    def _keep(self, mail: bytes, taken: Taken, *, sent_to: str, source: str, workspace_id: int, now: float) -> None:
        message = parse_mail(mail)
        with self._queue.write() as connection:
            kept_mail.keep(
                connection,
                workspace_id=taken.workspace_id or workspace_id,
                digest=hashlib.blake2b(mail, digest_size=16).hexdigest(),
                at=now,
                source=source,
                sent_to=_line(sent_to),
                sender=_line(header(message, "From")),
                subject=_line(header(message, "Subject")),
                kind=str(taken.report.kind),
                message_id=taken.message_id,
                raw=mail,
            )


def _is_for_a_person(taken: Taken) -> bool:
    if taken.asks_to_unsubscribe:
        return False
    return _is_unknown(taken) or (taken.message_id is None and taken.report.kind not in _NOT_KEPT)


def _is_unknown(taken: Taken) -> bool:
    return taken.report.kind is ReportKind.UNKNOWN


def _line(text: str) -> str:
    """One line of what strangers wrote, without what a database or a terminal would stumble over."""
    return "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())[:_LONGEST_TEXT]
