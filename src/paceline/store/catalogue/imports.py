"""Imports: where each one stands, who works on it, and how far it is. Its place moves with the rows it brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from paceline.domain.contact_import import ImportStatus
from paceline.store.database import sql

COUNTS = ("rows", "imported", "updated", "duplicates", "refused")

_COLUMNS = (
    "id, workspace_id, list_id, file, file_name, digest, options, status, reason, cursor, part_end, part_done, "
    f"{', '.join(COUNTS)}, holder, held_until_at, created_by, created_at, started_at, finished_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far an import is in its file."""

    cursor: int = 0
    """Every row up to this line is done."""
    part_end: int = 0
    """The last line of the part that is being written, or the cursor."""
    part_done: int = 0
    """Of that part's contacts, ordered by address, so many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """An import as the database knows it."""

    id: int
    workspace_id: int
    list_id: int | None
    file: str
    file_name: str
    digest: str
    options: dict[str, Any]
    status: ImportStatus
    reason: str | None
    place: Place
    counts: dict[str, int]
    """``rows`` is the sum of the others."""
    holder: str | None
    held_until_at: float | None
    created_by: int | None
    created_at: float
    started_at: float | None
    finished_at: float | None


def create(
    connection: Connection,
    *,
    workspace_id: int,
    list_id: int | None,
    file: str,
    file_name: str,
    digest: str,
    options: Mapping[str, Any],
    created_by: int | None,
    now: float,
) -> int:
    """A new import that waits for somebody to work on it; returns its number."""
    return int(
        connection.execute(
            sql(
                "INSERT INTO imports (workspace_id, list_id, file, file_name, digest, options, status, created_by, "
                "created_at) VALUES (:workspace, :list, :file, :name, :digest, :options, 'waiting', :by, :now) "
                "RETURNING id"
            ),
            {
                "workspace": workspace_id,
                "list": list_id,
                "file": file,
                "name": file_name,
                "digest": digest,
                "options": orjson.dumps(dict(options)).decode(),
                "by": created_by,
                "now": now,
            },
        ).scalar_one()
    )


def get(connection: Connection, import_id: int, *, workspace_id: int | None = None) -> ImportRow | None:
    """The import of this number; of any workspace only for whoever works on it."""
    row = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM imports WHERE id = :id "
            "AND workspace_id = COALESCE(CAST(:workspace AS bigint), workspace_id)"
        ),
        {"id": import_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _import(row)


def listing(connection: Connection, *, workspace_id: int, limit: int, before: int | None = None) -> list[ImportRow]:
    """Up to ``limit`` imports, the newest first."""
    condition = "" if before is None else " AND id < :before"
    rows = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM imports WHERE workspace_id = :workspace{condition} ORDER BY id DESC LIMIT :limit"),
        {"workspace": workspace_id, "before": before, "limit": limit},
    )
    return [_import(row) for row in rows]


def unfinished(connection: Connection, *, workspace_id: int | None = None) -> list[ImportRow]:
    """Every import that has not ended, the oldest first; of all workspaces only for whoever works on them."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM imports WHERE finished_at IS NULL "
            "AND workspace_id = COALESCE(CAST(:workspace AS bigint), workspace_id) ORDER BY id"
        ),
        {"workspace": workspace_id},
    )
    return [_import(row) for row in rows]


def take(connection: Connection, found: ImportRow, *, holder: str, until: float, now: float) -> bool:
    """Begin to work on an import as it was found; False when somebody else was faster, or it has ended."""
    taken = connection.execute(
        sql(
            "UPDATE imports SET status = 'running', holder = :holder, held_until_at = :until, "
            "started_at = COALESCE(started_at, :now) WHERE id = :id AND finished_at IS NULL AND status = :status "
            "AND COALESCE(holder, '') = :present AND COALESCE(held_until_at, 0) = :present_until"
        ),
        {
            "id": found.id,
            "holder": holder,
            "until": until,
            "now": now,
            "status": str(found.status),
            "present": found.holder or "",
            "present_until": found.held_until_at or 0.0,
        },
    )
    return taken.rowcount == 1


def advance(
    connection: Connection,
    import_id: int,
    *,
    holder: str,
    before: Place,
    after: Place,
    counts: Mapping[str, int],
    until: float,
) -> bool:
    """Move the place in the transaction of the rows; False when it is not there any more, or the import has ended."""
    sums = ", ".join(f"{name} = {name} + :{name}" for name in COUNTS)
    moved = connection.execute(
        sql(
            "UPDATE imports SET cursor = :cursor, part_end = :part_end, part_done = :part_done, "
            f"{sums}, held_until_at = :until "
            "WHERE id = :id AND status = 'running' AND holder = :holder AND cursor = :old_cursor "
            "AND part_done = :old_done AND (part_end = :part_end OR part_done = 0)"
        ),
        {
            "id": import_id,
            "holder": holder,
            "cursor": after.cursor,
            "part_end": after.part_end,
            "part_done": after.part_done,
            "old_cursor": before.cursor,
            "old_done": before.part_done,
            "until": until,
            **{name: counts.get(name, 0) for name in COUNTS},
        },
    )
    return moved.rowcount == 1


def release(connection: Connection, import_id: int, *, holder: str) -> None:
    """Leave an import to the next one who has time for it."""
    connection.execute(
        sql(
            "UPDATE imports SET status = 'waiting', holder = NULL, held_until_at = NULL "
            "WHERE id = :id AND status = 'running' AND holder = :holder"
        ),
        {"id": import_id, "holder": holder},
    )


def end(
    connection: Connection, import_id: int, status: ImportStatus, *, holder: str, reason: str | None, now: float
) -> bool:
    """End an import that this holder works on; False when it has ended, or is somebody else's."""
    ended = connection.execute(
        sql(
            "UPDATE imports SET status = :status, reason = :reason, finished_at = :now, holder = NULL, "
            "held_until_at = NULL WHERE id = :id AND status = 'running' AND holder = :holder"
        ),
        {"id": import_id, "status": str(status), "reason": reason, "now": now, "holder": holder},
    )
    return ended.rowcount == 1


def cancel(connection: Connection, import_id: int, *, workspace_id: int, now: float) -> bool:
    """End an import for a person; whoever works on it notices with its next rows. False when it has ended."""
    ended = connection.execute(
        sql(
            "UPDATE imports SET status = 'cancelled', finished_at = :now, holder = NULL, held_until_at = NULL "
            "WHERE id = :id AND workspace_id = :workspace AND finished_at IS NULL"
        ),
        {"id": import_id, "workspace": workspace_id, "now": now},
    )
    return ended.rowcount == 1


def untold(connection: Connection, *, limit: int) -> list[ImportRow]:
    """Imports of every workspace that have ended and of whose end nobody was told, the oldest first."""
    rows = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM imports WHERE told = 0 AND finished_at IS NOT NULL ORDER BY id LIMIT :limit"),
        {"limit": limit},
    )
    return [_import(row) for row in rows]


def mark_told(connection: Connection, import_id: int) -> bool:
    """Its end is made known, in this transaction; False when another process has just done so."""
    statement = sql("UPDATE imports SET told = 1 WHERE id = :id AND told = 0")
    return connection.execute(statement, {"id": import_id}).rowcount == 1


def _import(row: Any) -> ImportRow:
    values = dict(row._mapping)
    place = Place(**{name: values.pop(name) for name in ("cursor", "part_end", "part_done")})
    counts = {name: int(values.pop(name)) for name in COUNTS}
    options = orjson.loads(values.pop("options"))
    status = ImportStatus(values.pop("status"))
    return ImportRow(**values, place=place, counts=counts, options=options, status=status)
