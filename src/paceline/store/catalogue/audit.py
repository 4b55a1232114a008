"""The audit log: who did what to which thing, and when. Rows are only ever added."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql

_COLUMNS = "id, at, actor, actor_id, action, subject, detail"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing that somebody did."""

    id: int
    at: float
    actor: str
    """A user's or a key's name, kept when it is gone."""
    actor_id: str
    """Public id; empty for the command line and for what the program does by itself."""
    action: str
    """Noun and verb, for example ``campaign.start``."""
    subject: str
    """Public id of what it was done to, or empty."""
    detail: dict[str, Any]


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
    """Add one row, in the transaction of what it tells of; ``detail`` is a JSON object without secrets."""
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


def listing(
    connection: Connection,
    *,
    workspace_id: int,
    limit: int,
    before: int | None = None,
    action: str | None = None,
    actor_id: str | None = None,
    subject: str | None = None,
) -> list[AuditRow]:
    """Up to ``limit`` rows, the newest first; ``before`` is the id of the last row that was seen."""
    wanted = {"action": action, "actor_id": actor_id, "subject": subject}
    conditions = [f"{column} = :{column}" for column, value in wanted.items() if value is not None]
    if before is not None:
        conditions.append("id < :before")
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM audit WHERE {' AND '.join(['workspace_id = :workspace', *conditions])} "
            "ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": before, "limit": limit, **wanted},
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> AuditRow:
    values = dict(row._mapping)
    return AuditRow(**{**values, "detail": json.loads(values["detail"])})
