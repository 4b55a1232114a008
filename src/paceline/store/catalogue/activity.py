"""What contacts did with campaigns, brought over from the queue: written so that a second time changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import Database, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One contact, one campaign, one kind: all that has happened so far; ``count`` 0: it has not happened after all."""

    contact_id: int
    campaign_id: int
    kind: str
    first_at: float
    last_at: float
    count: int


def record(connection: Connection, database: Database, facts: Sequence[Activity]) -> None:
    """Keep facts; a contact that is gone has none. Repeated or out of order the result is the same."""
    _keep(connection, database, [fact for fact in facts if fact.count])
    _take_back(connection, database, [fact for fact in facts if not fact.count])


def _take_back(connection: Connection, database: Database, facts: Sequence[Activity]) -> None:
    if not facts:
        return
    rows = database.rows("rows", contact_id="integer", campaign_id="integer", kind="text")
    connection.execute(
        sql(f"DELETE FROM activity WHERE (contact_id, campaign_id, kind) IN ({rows})"),
        {"rows": json.dumps([[fact.contact_id, fact.campaign_id, fact.kind] for fact in facts])},
    )


def _keep(connection: Connection, database: Database, facts: Sequence[Activity]) -> None:
    if not facts:
        return
    rows = database.rows(
        "rows",
        contact_id="integer",
        campaign_id="integer",
        kind="text",
        first_at="number",
        last_at="number",
        count="integer",
    )
    connection.execute(
        sql(
            "INSERT INTO activity (contact_id, campaign_id, kind, first_at, last_at, count) "
            f"SELECT r.contact_id, r.campaign_id, r.kind, r.first_at, r.last_at, r.count FROM ({rows}) AS r "
            "JOIN contacts c ON c.id = r.contact_id WHERE true "
            "ON CONFLICT (contact_id, campaign_id, kind) DO UPDATE SET "
            "first_at = CASE WHEN excluded.first_at < activity.first_at THEN excluded.first_at ELSE activity.first_at END, "
            "last_at = CASE WHEN excluded.last_at > activity.last_at THEN excluded.last_at ELSE activity.last_at END, "
            "count = CASE WHEN excluded.count > activity.count THEN excluded.count ELSE activity.count END"
        ),
        {"rows": json.dumps([[f.contact_id, f.campaign_id, f.kind, f.first_at, f.last_at, f.count] for f in facts])},
    )


def cursor(connection: Connection, name: str) -> tuple[float, int]:
    """How far a chore is: the moment and the message of the last event it took."""
    row = connection.execute(sql("SELECT at, message_id FROM chore_cursors WHERE name = :name"), {"name": name})
    found = row.one_or_none()
    return (0.0, 0) if found is None else (float(found.at), int(found.message_id))


def move_cursor(connection: Connection, name: str, *, at: float, message_id: int) -> None:
    """A chore has come so far, in the transaction of what it has written."""
    connection.execute(
        sql(
            "INSERT INTO chore_cursors (name, at, message_id) VALUES (:name, :at, :message) "
            "ON CONFLICT (name) DO UPDATE SET at = excluded.at, message_id = excluded.message_id"
        ),
        {"name": name, "at": at, "message": message_id},
    )
