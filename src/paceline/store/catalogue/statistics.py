"""Numbers about the whole catalogue for metrics and the health check, each from an index or a small table."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def imports_under_way(connection: Connection) -> dict[str, int]:
    """Imports that wait or run, by status; both are there, also when nothing is."""
    statement = sql(
        "SELECT status, COUNT(*) AS number FROM imports WHERE status IN ('waiting', 'running') GROUP BY status"
    )
    return {"waiting": 0, "running": 0} | {r.status: int(r.number) for r in connection.execute(statement)}


def notifications_waiting(connection: Connection) -> int:
    """Notifications that have not been delivered and not been given up."""
    return int(connection.execute(sql("SELECT COUNT(*) FROM notifications WHERE due_at IS NOT NULL")).scalar_one())
