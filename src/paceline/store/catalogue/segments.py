"""Segments: stored filters, and how many contacts they match now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.segment import Node, parse_segment, segment_to_json
from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """One segment."""

    id: int
    name: str
    filter: Node
    created_at: float
    updated_at: float


_COLUMNS = "id, name, filter, created_at, updated_at"


def insert(connection: Connection, *, workspace_id: int, name: str, filter: Node, now: float) -> int | None:
    """A new segment; its number, or None when the name is taken."""
    return connection.execute(
        sql(
            "INSERT INTO segments (workspace_id, name, filter, created_at, updated_at) "
            "VALUES (:workspace, :name, :filter, :now, :now) ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id"
        ),
        {"workspace": workspace_id, "name": name, "filter": _stored(filter), "now": now},
    ).scalar_one_or_none()


def update(connection: Connection, number: int, *, workspace_id: int, name: str, filter: Node, now: float) -> None:
    """Another name, another filter. The name must be free (``named`` in the same transaction)."""
    connection.execute(
        sql(
            "UPDATE segments SET name = :name, filter = :filter, updated_at = :now "
            "WHERE id = :id AND workspace_id = :workspace"
        ),
        {"id": number, "workspace": workspace_id, "name": name, "filter": _stored(filter), "now": now},
    )


def delete(connection: Connection, number: int, *, workspace_id: int) -> bool:
    """Take it away; False when there is none. Started campaigns keep their copy of the filter."""
    statement = sql("DELETE FROM segments WHERE id = :id AND workspace_id = :workspace")
    return connection.execute(statement, {"id": number, "workspace": workspace_id}).rowcount == 1


def get(connection: Connection, number: int, *, workspace_id: int) -> SegmentRow | None:
    """The segment of this number."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM segments WHERE id = :id AND workspace_id = :workspace"),
        {"id": number, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _row(row)


def named(connection: Connection, name: str, *, workspace_id: int) -> int | None:
    """The number of the segment of this name."""
    statement = sql("SELECT id FROM segments WHERE workspace_id = :workspace AND name = :name")
    return connection.execute(statement, {"workspace": workspace_id, "name": name}).scalar_one_or_none()


def page(connection: Connection, *, workspace_id: int, before: int | None, limit: int) -> list[SegmentRow]:
    """Up to ``limit`` segments, the newest first, older than ``before``."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM segments WHERE workspace_id = :workspace "
            "AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": before, "limit": limit},
    )
    return [_row(row) for row in rows]


def _stored(filter: Node) -> str:
    return json.dumps(segment_to_json(filter), ensure_ascii=False)


def _row(row: Any) -> SegmentRow:
    return SegmentRow(**{**row._mapping, "filter": parse_segment(json.loads(row.filter))})


def lists_there(connection: Connection, numbers: set[int], *, workspace_id: int) -> set[int]:
    """Those of these lists that the workspace has."""
    if not numbers:
        return set()
    names = {f"l{place}": number for place, number in enumerate(sorted(numbers))}
    statement = sql(
        f"SELECT id FROM lists WHERE workspace_id = :workspace AND id IN ({', '.join(':' + name for name in names)})"
    )
    return set(connection.execute(statement, {"workspace": workspace_id, **names}).scalars())
