"""Signed requests that were taken, so that a replay is refused even after a restart."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def take(connection: Connection, request_id: str, *, now: float, keep_seconds: float) -> bool:
    """Note a request; False when it was noted before. What is older than ``keep_seconds`` is forgotten."""
    connection.execute(sql("DELETE FROM peer_requests WHERE at < :before"), {"before": now - keep_seconds})
    added = connection.execute(
        sql("INSERT INTO peer_requests (id, at) VALUES (:id, :now) ON CONFLICT (id) DO NOTHING"),
        {"id": request_id, "now": now},
    )
    return added.rowcount == 1
