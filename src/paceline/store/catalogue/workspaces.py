"""Workspaces: their names and settings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRow:
    """One workspace; ``settings`` holds only what was set (domain/workspace_settings.py has the defaults)."""

    id: int
    name: str
    settings: dict[str, Any]
    created_at: float


def insert(connection: Connection, *, name: str, now: float) -> int:
    """A new workspace; returns its number."""
    statement = sql("INSERT INTO workspaces (name, created_at) VALUES (:name, :now) RETURNING id")
    return int(connection.execute(statement, {"name": name, "now": now}).scalar_one())


def find(connection: Connection, workspace_id: int) -> WorkspaceRow | None:
    """The workspace of this number."""
    statement = sql("SELECT id, name, settings, created_at FROM workspaces WHERE id = :id")
    row = connection.execute(statement, {"id": workspace_id}).one_or_none()
    return None if row is None else _row(row)


def every(connection: Connection) -> list[WorkspaceRow]:
    """All workspaces of the installation, oldest first."""
    rows = connection.execute(sql("SELECT id, name, settings, created_at FROM workspaces ORDER BY id"))
    return [_row(row) for row in rows]


def rename(connection: Connection, workspace_id: int, name: str) -> None:
    """Another name."""
    connection.execute(sql("UPDATE workspaces SET name = :name WHERE id = :id"), {"name": name, "id": workspace_id})


def locked_settings(connection: Connection, workspace_id: int) -> dict[str, Any]:
    """The settings, kept from changing until the transaction ends (as an update locks the row on both databases)."""
    statement = sql("UPDATE workspaces SET settings = settings WHERE id = :id RETURNING settings")
    found: dict[str, Any] = json.loads(connection.execute(statement, {"id": workspace_id}).scalar_one())
    return found


def save_settings(connection: Connection, workspace_id: int, settings: dict[str, Any]) -> None:
    """These settings instead of the former ones."""
    connection.execute(
        sql("UPDATE workspaces SET settings = :settings WHERE id = :id"),
        {"settings": json.dumps(settings, sort_keys=True), "id": workspace_id},
    )


def _row(row: Any) -> WorkspaceRow:
    return WorkspaceRow(id=row.id, name=row.name, settings=json.loads(row.settings), created_at=row.created_at)
