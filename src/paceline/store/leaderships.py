"""Leaderships: work that one process does at a time, wherever it runs. Each is a row with a holder and an end.

The queue and the catalogue have a table each, because they may be two databases.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql

QUEUE = "queue_leaderships"
CATALOGUE = "leaderships"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadershipRow:
    """Who leads, and until when unless it says more."""

    name: str
    holder: str
    until_at: float


def every(connection: Connection, table: str) -> list[LeadershipRow]:
    """All that were ever held and not given back."""
    rows = connection.execute(sql(f"SELECT name, holder, until_at FROM {table} ORDER BY name"))
    return [LeadershipRow(name=row.name, holder=row.holder, until_at=row.until_at) for row in rows]


def find(connection: Connection, table: str, name: str) -> LeadershipRow | None:
    """Who leads now; None when nobody has or the last one gave it back."""
    rows = connection.execute(sql(f"SELECT name, holder, until_at FROM {table} WHERE name = :name"), {"name": name})
    row = rows.one_or_none()
    return None if row is None else LeadershipRow(name=row.name, holder=row.holder, until_at=row.until_at)


def take(
    connection: Connection, table: str, name: str, *, holder: str, instead_of: str | None, now: float, until_at: float
) -> bool:
    """Take or keep a leadership; False when another one's has not ended. ``instead_of`` is a holder that is dead.

    One compare-and-set statement: of several that want it at once one gets it.
    """
    taken = connection.execute(
        sql(
            f"INSERT INTO {table} (name, holder, until_at) VALUES (:name, :holder, :until) "
            "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at "
            f"WHERE {table}.holder = excluded.holder OR {table}.holder = :dead OR {table}.until_at < :now"
        ),
        {"name": name, "holder": holder, "until": until_at, "dead": instead_of or "", "now": now},
    )
    return taken.rowcount == 1


def give_back(connection: Connection, table: str, name: str, *, holder: str) -> None:
    """End one's own leadership; another one's stays."""
    connection.execute(
        sql(f"DELETE FROM {table} WHERE name = :name AND holder = :holder"), {"name": name, "holder": holder}
    )
