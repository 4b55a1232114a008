"""Parts of a campaign: which one is being sent, which wait, and how they change places, some thousand messages at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.domain.parts import HELD_AT, held_at
from paceline.store.database import Database, sql

_CHUNK = 500  # rows of two indexes each: on SQLite nobody waits long for one
_FRESH = "campaign_id = :campaign AND state = 0 AND due_at IS NULL"


def fresh_part(connection: Connection, campaign_id: int) -> int | None:
    """The part of the next fresh message; None when there is none."""
    statement = sql(f"SELECT part FROM messages WHERE {_FRESH} ORDER BY id LIMIT 1")
    found: int | None = connection.execute(statement, {"campaign": campaign_id}).scalar()
    return found


def waiting(connection: Connection, campaign_id: int, parts: Sequence[int]) -> list[int]:
    """Those of these parts of which messages wait to be released."""
    statement = sql("SELECT 1 FROM messages WHERE campaign_id = :campaign AND due_at = :held LIMIT 1")
    return [
        part
        for part in parts
        if connection.execute(statement, {"campaign": campaign_id, "held": held_at(part)}).first() is not None
    ]


def count_waiting(connection: Connection, campaign_id: int, part: int) -> int:
    """How many messages of a part wait to be released."""
    statement = sql("SELECT COUNT(*) FROM messages WHERE campaign_id = :campaign AND due_at = :held")
    return int(connection.execute(statement, {"campaign": campaign_id, "held": held_at(part)}).scalar_one())


def is_under_way(connection: Connection, campaign_id: int, *, until: float) -> bool:
    """Whether a message is being sent, or will be by this moment."""
    statement = sql(
        "SELECT CASE WHEN 0 < (SELECT COALESCE(SUM(sending), 0) FROM campaign_counters WHERE campaign_id = :campaign) "
        "THEN 1 WHEN EXISTS (SELECT 1 FROM messages WHERE campaign_id = :campaign AND due_at IS NOT NULL "
        "AND due_at <= :until) THEN 1 ELSE 0 END"
    )
    return bool(connection.execute(statement, {"campaign": campaign_id, "until": until}).scalar_one())


def has_returning(connection: Connection, campaign_id: int) -> bool:
    """Whether a message waits for a moment that comes."""
    statement = sql(
        "SELECT 1 FROM messages WHERE campaign_id = :campaign AND due_at IS NOT NULL AND due_at < :held LIMIT 1"
    )
    return connection.execute(statement, {"campaign": campaign_id, "held": HELD_AT}).first() is not None


def hold(database: Database, campaign_id: int, part: int) -> int:
    """Let the queued messages of a part wait; returns how many. What is claimed goes on."""
    fresh = f"{_FRESH} AND part = :part ORDER BY id"
    returned = "campaign_id = :campaign AND due_at IS NOT NULL AND due_at < :never AND state = 0 AND part = :part ORDER BY due_at"
    return _move(database, fresh, campaign_id, part, held_at(part)) + _move(
        database, returned, campaign_id, part, held_at(part)
    )


def release(database: Database, campaign_id: int, part: int) -> int:
    """Let the messages of a part be claimed again; returns how many."""
    held = "campaign_id = :campaign AND due_at IS NOT NULL AND due_at = :held AND part = :part ORDER BY id"
    return _move(database, held, campaign_id, part, None)


def _move(database: Database, found: str, campaign_id: int, part: int, due_at: float | None) -> int:
    statement = sql(
        "UPDATE messages SET due_at = :due WHERE state IN (0, 3) AND id IN "
        f"(SELECT id FROM messages WHERE {found} LIMIT {_CHUNK} {database.skip_locked})"
    )
    values = {"campaign": campaign_id, "part": part, "due": due_at, "held": held_at(part), "never": HELD_AT}
    total = 0
    while True:
        with database.write() as connection:
            moved = connection.execute(statement, values).rowcount
        total += moved
        if moved < _CHUNK:
            return total
