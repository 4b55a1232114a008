"""Everything that happened to messages, in one sequence: what delivering them brought, and what came back.

The first is in ``events``, the second in ``facts``; both are reached through the ids of the messages, never by a scan.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause

from paceline.store.database import Database, sql

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One thing that happened to one message."""

    message_id: int
    campaign_id: int
    address: str
    at: float
    kind: str
    """A ReportKind, a FactKind, or ``resolved_sent``, ``resolved_resend``, ``retried`` and ``fallback``."""
    key: str
    """What tells it from others of its kind about the same message."""
    attempt: int | None
    account: str | None
    doer: str | None
    rule: str | None
    link: int | None
    url: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list of what happened to a contact was left; newest first."""

    at: float
    message_id: int
    kind: str
    key: str

    @classmethod
    def of(cls, row: HistoryRow) -> Place:
        """The place of a row."""
        return cls(at=row.at, message_id=row.message_id, kind=row.kind, key=row.key)

    @property
    def text(self) -> str:
        """The place as a text that ``read`` understands."""
        return json.dumps([self.at, self.message_id, self.kind, self.key])

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that a text names; None for any other text."""
        try:
            found: object = json.loads(text)
        except (ValueError, RecursionError):
            return None
        match found:
            case [float() as at, int() as message_id, str() as kind, str() as key] if message_id is not True:
                fits = math.isfinite(at) and abs(message_id) < 2**63
                return cls(at=at, message_id=message_id, kind=kind, key=key) if fits else None
            case _:
                return None


def of_campaign(database: Database, campaign_id: int) -> Iterator[HistoryRow]:
    """Everything that happened to the messages of a campaign, in the order of its audience, then of time.

    Read page by page, each in a short transaction of its own.
    """
    part = sql(
        "SELECT id, contact_id FROM messages WHERE campaign_id = :campaign AND contact_id > :after "
        "ORDER BY contact_id LIMIT :page"
    )
    after = -(2**63)
    while True:
        with database.read() as connection:
            messages = connection.execute(part, {"campaign": campaign_id, "after": after, "page": _PAGE}).all()
            if not messages:
                return
            places = {row.id: place for place, row in enumerate(messages)}
            rows = of_messages(connection, database, list(places))
        yield from sorted(rows, key=lambda row: places[row.message_id])  # stable: the order of time stays
        after = messages[-1].contact_id


def of_messages(connection: Connection, database: Database, message_ids: list[int]) -> list[HistoryRow]:
    """Everything that happened to these messages, in the order of time."""
    rows = json.dumps([[number] for number in message_ids])
    return [_row(row) for row in connection.execute(_of_messages(database), {"rows": rows})]


def of_contact(
    connection: Connection, contact_id: int, *, workspace_id: int, before: Place | None, limit: int
) -> list[HistoryRow]:
    """What happened to the messages of a contact in campaigns of lists and segments, newest first."""
    values: dict[str, Any] = {"contact": contact_id, "workspace": workspace_id, "limit": limit}
    condition = ""
    if before is not None:
        condition = "WHERE (h.at, h.message_id, h.kind, h.key) < (:at, :message, :kind, :key) "
        values |= {"at": before.at, "message": before.message_id, "kind": before.kind, "key": before.key}
    statement = sql(
        f"WITH mine AS ({_OF_CONTACT}) SELECT * FROM ({_HISTORY.format(mine='mine')}) AS h {condition}"
        "ORDER BY h.at DESC, h.message_id DESC, h.kind DESC, h.key DESC LIMIT :limit"
    )
    return [_row(row) for row in connection.execute(statement, values)]


@lru_cache(maxsize=8)
def _of_messages(database: Database) -> TextClause:
    ids = database.rows("rows", id="integer")
    return sql(
        f"WITH mine AS (SELECT m.id, m.campaign_id, m.address FROM ({ids}) AS r JOIN messages m ON m.id = r.id) "
        f"{_HISTORY.format(mine='mine')} ORDER BY at, message_id, kind, key"
    )


_OF_CONTACT = (
    "SELECT m.id, m.campaign_id, m.address FROM campaigns c JOIN messages m ON m.campaign_id = c.id "
    "AND m.contact_id = :contact WHERE c.workspace_id = :workspace AND c.kind = 'catalogue'"
)
_HISTORY = (
    "SELECT m.id AS message_id, m.campaign_id, m.address, e.at, e.kind, CAST(e.attempt AS text) AS key, e.attempt, "
    "a.name AS account, CAST(NULL AS text) AS doer, CAST(NULL AS text) AS rule, CAST(NULL AS integer) AS link, "
    "CAST(NULL AS text) AS url, e.detail FROM {mine} m JOIN events e ON e.message_id = m.id "
    "LEFT JOIN accounts a ON a.id = e.account_id "
    "UNION ALL SELECT m.id, m.campaign_id, m.address, f.at, f.kind, f.key, NULL, NULL, f.doer, f.rule, f.link, "
    "l.target, f.detail FROM {mine} m JOIN facts f ON f.message_id = m.id "
    "LEFT JOIN links l ON l.campaign_id = m.campaign_id AND l.number = f.link"
)


def _row(row: Any) -> HistoryRow:
    return HistoryRow(**row._mapping)
