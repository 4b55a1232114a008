"""Webhooks as they came: kept before they are answered, removed when they are worked through."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.store.database import sql


def keep(connection: Connection, bodies: Sequence[bytes], *, now: float) -> None:
    """Keep some bodies, whatever they say."""
    statement = sql("INSERT INTO received_webhooks (body, at) VALUES (:body, :now)")
    connection.execute(statement, [{"body": body, "now": now} for body in bodies])


def oldest(connection: Connection, limit: int) -> list[tuple[int, bytes]]:
    """The first bodies that are not worked through, with their numbers."""
    statement = sql("SELECT id, body FROM received_webhooks WHERE failure IS NULL ORDER BY id LIMIT :limit")
    return [(row.id, bytes(row.body)) for row in connection.execute(statement, {"limit": limit})]


def done(connection: Connection, ids: Sequence[int]) -> None:
    """These are worked through. A second call changes nothing."""
    if ids:
        connection.execute(sql("DELETE FROM received_webhooks WHERE id = :id"), [{"id": n} for n in sorted(ids)])


def failed(connection: Connection, number: int, reason: str) -> None:
    """This one cannot be worked through: it is kept for a person."""
    statement = sql("UPDATE received_webhooks SET failure = :reason WHERE id = :id")
    connection.execute(statement, {"id": number, "reason": reason[:500]})


def waiting(connection: Connection) -> tuple[int, float | None]:
    """How many are not worked through, and since when the oldest one waits."""
    row = connection.execute(
        sql("SELECT COUNT(*) AS number, MIN(at) AS since FROM received_webhooks WHERE failure IS NULL")
    ).one()
    return int(row.number), row.since
