"""Requests that must not be carried out twice: the key, what was asked, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A request with the same key. ``status`` None: it is under way, or was cut off."""

    request_hash: str
    status: int | None
    body: str | None
    created_at: float


def begin(
    connection: Connection, *, workspace_id: int, key: str, request_hash: str, now: float, stale_seconds: float
) -> Earlier | None:
    """Put a request on record before it is carried out; the earlier one with this key if there is one.

    One that has been under way for longer than ``stale_seconds`` was cut off: its place is taken over.
    """
    values = {"workspace": workspace_id, "key": key, "hash": request_hash, "now": now, "stale": now - stale_seconds}
    taken = connection.execute(
        sql(
            "INSERT INTO idempotency_keys (workspace_id, key, request_hash, created_at) "
            "VALUES (:workspace, :key, :hash, :now) ON CONFLICT (workspace_id, key) DO UPDATE SET "
            "created_at = excluded.created_at WHERE idempotency_keys.status IS NULL "
            "AND idempotency_keys.created_at < :stale AND idempotency_keys.request_hash = excluded.request_hash"
        ),
        values,
    )
    if taken.rowcount == 1:
        return None
    row = connection.execute(
        sql(
            "SELECT request_hash, status, body, created_at FROM idempotency_keys "
            "WHERE workspace_id = :workspace AND key = :key"
        ),
        {"workspace": workspace_id, "key": key},
    ).one()
    return Earlier(**row._mapping)


def end(connection: Connection, *, workspace_id: int, key: str, status: int, body: str) -> None:
    """Keep what was answered."""
    connection.execute(
        sql(
            "UPDATE idempotency_keys SET status = :status, body = :body WHERE workspace_id = :workspace AND key = :key"
        ),
        {"workspace": workspace_id, "key": key, "status": status, "body": body},
    )


def forget(connection: Connection, *, workspace_id: int, key: str) -> None:
    """The request came to nothing: it may be repeated."""
    connection.execute(
        sql("DELETE FROM idempotency_keys WHERE workspace_id = :workspace AND key = :key"),
        {"workspace": workspace_id, "key": key},
    )
