"""Recurring work that fails now, for the health check to tell."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreFailure:
    """A chore that has failed ``failures`` times in a row."""

    name: str
    since_at: float
    last_at: float
    failures: int
    reason: str


def every(connection: Connection) -> list[ChoreFailure]:
    """What fails now."""
    rows = connection.execute(sql("SELECT name, since_at, last_at, failures, reason FROM chore_failures ORDER BY name"))
    return [ChoreFailure(**row._mapping) for row in rows]


def keep(connection: Connection, name: str, *, reason: str, now: float) -> None:
    """It has failed once more."""
    connection.execute(
        sql(
            "INSERT INTO chore_failures (name, since_at, last_at, failures, reason) VALUES (:name, :now, :now, 1, :reason) "
            "ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at, reason = excluded.reason, "
            "failures = chore_failures.failures + 1"
        ),
        {"name": name, "now": now, "reason": reason},
    )


def forget(connection: Connection, name: str) -> None:
    """It has succeeded."""
    connection.execute(sql("DELETE FROM chore_failures WHERE name = :name"), {"name": name})
