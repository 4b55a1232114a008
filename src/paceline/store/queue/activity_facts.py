"""What contacts did, out of the queue: which messages were touched, and all that is known of those.

That a message was sent is in ``events``; that people opened it and followed its links is in ``facts``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import Database, sql


class Source(StrEnum):
    """A table with the columns ``message_id``, ``kind`` and ``at``."""

    EVENTS = "events"
    FACTS = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFact:
    """All that a contact did of one kind with one message of a campaign of lists or segments.

    ``count`` 0: there were only programs on the way; what was taken for a person may have turned out to be one.
    """

    contact_id: int
    campaign_id: int
    kind: str
    first_at: float
    last_at: float
    count: int


def touched(
    connection: Connection, source: Source, *, after: tuple[float, int], until: float, limit: int
) -> tuple[tuple[float, int] | None, list[int]]:
    """The messages of the next rows after a place (moment, message) and not after ``until``.

    Returns the place of the last of them (None: there was none) and the messages, each once.
    """
    rows = connection.execute(
        sql(
            f"SELECT at, message_id FROM {source} WHERE at >= :at AND at <= :until "
            "AND (at > :at OR message_id > :message) ORDER BY at, message_id LIMIT :limit"
        ),
        {"at": after[0], "message": after[1], "until": until, "limit": limit},
    ).all()
    if not rows:
        return None, []
    return (rows[-1].at, rows[-1].message_id), sorted({row.message_id for row in rows})


def of_messages(
    connection: Connection, database: Database, source: Source, message_ids: list[int]
) -> list[ActivityFact]:
    """What one source knows of these messages, counted from the beginning on."""
    ids = database.rows("rows", id="integer")
    rows = connection.execute(
        sql(
            f"SELECT m.contact_id, m.campaign_id, {_KNOWN[source]} FROM ({ids}) AS r JOIN messages m ON m.id = r.id "
            f"JOIN campaigns c ON c.id = m.campaign_id AND c.kind = 'catalogue' JOIN {source} f ON f.message_id = m.id "
            f"WHERE f.kind IN {_KINDS[source]} GROUP BY m.contact_id, m.campaign_id, f.kind"
        ),
        {"rows": json.dumps([[number] for number in message_ids])},
    )
    return [_fact(row) for row in rows]


_KINDS = {Source.EVENTS: "('accepted')", Source.FACTS: "('opened', 'clicked')"}
_PERSON = "(f.doer IS NULL OR f.doer = 'person')"
_KNOWN = {
    Source.EVENTS: "'sent' AS kind, MIN(f.at) AS first_at, MAX(f.at) AS last_at, COUNT(*) AS number",
    Source.FACTS: f"f.kind, COALESCE(MIN(CASE WHEN {_PERSON} THEN f.at END), 0) AS first_at, "
    f"COALESCE(MAX(CASE WHEN {_PERSON} THEN f.at END), 0) AS last_at, "
    f"SUM(CASE WHEN {_PERSON} THEN 1 ELSE 0 END) AS number",
}


def _fact(row: Any) -> ActivityFact:
    return ActivityFact(
        contact_id=row.contact_id,
        campaign_id=row.campaign_id,
        kind=row.kind,
        first_at=row.first_at,
        last_at=row.last_at,
        count=int(row.number),
    )
