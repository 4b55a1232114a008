"""Templates: contents under a name, from which campaigns and single messages are made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """One template; ``content`` holds the values of content/email.py without those of a campaign."""

    id: int
    name: str
    channel: str
    content: dict[str, Any]
    created_at: float
    updated_at: float


_COLUMNS = "id, name, channel, content, created_at, updated_at"


def insert(
    connection: Connection, *, workspace_id: int, name: str, channel: str, content: dict[str, Any], now: float
) -> int | None:
    """A new template; its number, or None when the name is taken."""
    return connection.execute(
        sql(
            "INSERT INTO templates (workspace_id, name, channel, content, created_at, updated_at) VALUES "
            "(:workspace, :name, :channel, :content, :now, :now) ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
        ),
        {"workspace": workspace_id, "name": name, "channel": channel, "content": _stored(content), "now": now},
    ).scalar_one_or_none()


def update(
    connection: Connection, number: int, *, workspace_id: int, name: str, content: dict[str, Any], now: float
) -> None:
    """Another name, another content. The name must be free (``named`` in the same transaction)."""
    connection.execute(
        sql(
            "UPDATE templates SET name = :name, content = :content, updated_at = :now "
            "WHERE id = :id AND workspace_id = :workspace"
        ),
        {"id": number, "workspace": workspace_id, "name": name, "content": _stored(content), "now": now},
    )


def delete(connection: Connection, number: int, *, workspace_id: int) -> bool:
    """Take it away; False when there is none. What was made from it keeps its copy."""
    statement = sql("DELETE FROM templates WHERE id = :id AND workspace_id = :workspace")
    return connection.execute(statement, {"id": number, "workspace": workspace_id}).rowcount == 1


def get(connection: Connection, number: int, *, workspace_id: int) -> TemplateRow | None:
    """The template of this number."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM templates WHERE id = :id AND workspace_id = :workspace"),
        {"id": number, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _row(row)


def named(connection: Connection, name: str, *, workspace_id: int) -> int | None:
    """The number of the template of this name."""
    statement = sql("SELECT id FROM templates WHERE workspace_id = :workspace AND name = :name")
    return connection.execute(statement, {"workspace": workspace_id, "name": name}).scalar_one_or_none()


def page(connection: Connection, *, workspace_id: int, before: int | None, limit: int) -> list[TemplateRow]:
    """Up to ``limit`` templates, the newest first, older than ``before``."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM templates WHERE workspace_id = :workspace "
            "AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": before, "limit": limit},
    )
    return [_row(row) for row in rows]


def _stored(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def _row(row: Any) -> TemplateRow:
    return TemplateRow(**{**row._mapping, "content": json.loads(row.content)})
