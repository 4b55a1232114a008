"""The audit log: facts about what people and keys did; only ever appended to."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def append(
    connection: Connection,
    *,
    workspace_id: int,
    at: float,
    actor: str,
    actor_id: str,
    action: str,
    subject: str,
    detail: str,
) -> None:
    """Add one fact; ``detail`` is JSON without secrets."""
    connection.execute(
        sql(
            "INSERT INTO audit (workspace_id, at, actor, actor_id, action, subject, detail) "
            "VALUES (:workspace, :at, :actor, :actor_id, :action, :subject, :detail)"
        ),
        {
            "workspace": workspace_id,
            "at": at,
            "actor": actor,
            "actor_id": actor_id,
            "action": action,
            "subject": subject,
            "detail": detail,
        },
    )
