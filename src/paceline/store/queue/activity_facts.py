"""The events of the queue as facts about contacts: which messages were touched, and all that is known of those."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import Database, sql

FACT_OF_EVENT = {"accepted": "sent", "opened": "opened", "clicked": "clicked"}
"""Kind of an event -> kind of the activity; other events are about deliveries, not about contacts."""

_KINDS = ", ".join(f"'{kind}'" for kind in FACT_OF_EVENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """All events of one kind of one message that went to a contact of the catalogue."""

    contact_id: int
    campaign_id: int
    kind: str
    first_at: float
    last_at: float
    count: int


def touched(
    connection: Connection, *, after: tuple[float, int], until: float, limit: int
) -> tuple[tuple[float, int] | None, list[int]]:
    """The messages of the next events after a place (moment, message) and not after ``until``.

    Returns the place of the last of them (None: there was none) and the messages, each once.
    """
    rows = connection.execute(
        sql(
            "SELECT at, message_id FROM events WHERE at >= :at AND at <= :until AND (at > :at OR message_id > :message) "
            "ORDER BY at, message_id LIMIT :limit"
        ),
        {"at": after[0], "message": after[1], "until": until, "limit": limit},
    ).all()
    if not rows:
        return None, []
    return (rows[-1].at, rows[-1].message_id), sorted({row.message_id for row in rows})


def of_messages(connection: Connection, database: Database, message_ids: list[int]) -> list[Fact]:
    """What is known of these messages, counted from the first event on; only of campaigns of lists and segments."""
    ids = database.rows("rows", id="integer")
    rows = connection.execute(
        sql(
            "SELECT m.contact_id, m.campaign_id, e.kind, MIN(e.at) AS first_at, MAX(e.at) AS last_at, "
            f"COUNT(*) AS number FROM ({ids}) AS r JOIN messages m ON m.id = r.id "
            "JOIN campaigns c ON c.id = m.campaign_id AND c.kind = 'catalogue' JOIN events e ON e.message_id = m.id "
            f"WHERE e.kind IN ({_KINDS}) GROUP BY m.contact_id, m.campaign_id, e.kind"
        ),
        {"rows": json.dumps([[number] for number in message_ids])},
    )
    return [
        Fact(
            contact_id=row.contact_id,
            campaign_id=row.campaign_id,
            kind=FACT_OF_EVENT[row.kind],
            first_at=row.first_at,
            last_at=row.last_at,
            count=row.number,
        )
        for row in rows
    ]
