"""Hosted files of a workspace: what is known of each, and its content in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import Database, sql

_PART = 256 * 1024  # bytes: a commit of it takes some milliseconds
_DELETED_AT_ONCE = 8
_ABANDONED_SECONDS = 3600.0
_COLUMNS = "id, name, media_type, size, digest, created_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file without its content."""

    id: int
    name: str
    media_type: str
    size: int
    digest: str
    created_at: float


def store(
    database: Database, data: bytes, *, workspace_id: int, name: str, media_type: str, digest: str, now: float
) -> int:
    """Keep a file; returns its number. It is there once its last part is, else never."""
    values = {
        "workspace": workspace_id, "name": name, "media_type": media_type, "size": len(data), "digest": digest, "now": now,
    }  # fmt: skip
    with database.write() as connection:
        number: int = connection.execute(
            sql(
                "INSERT INTO files (workspace_id, name, media_type, size, digest, created_at) "
                "VALUES (:workspace, :name, :media_type, :size, :digest, :now) RETURNING id"
            ),
            values,
        ).scalar_one()
    for place, start in enumerate(range(0, len(data), _PART)):
        with database.write() as connection:
            connection.execute(
                sql("INSERT INTO file_parts (file_id, number, data) VALUES (:id, :number, :data)"),
                {"id": number, "number": place, "data": data[start : start + _PART]},
            )
    database.execute("UPDATE files SET complete_at = :now WHERE id = :id", id=number, now=now)
    return number


def same(connection: Connection, *, workspace_id: int, name: str, digest: str) -> FileRow | None:
    """A file of this name and content, if the workspace has it."""
    return _first(
        connection,
        "workspace_id = :workspace AND name = :name AND digest = :digest AND complete_at IS NOT NULL ORDER BY id",
        {"workspace": workspace_id, "name": name, "digest": digest},
    )


def get(connection: Connection, number: int, *, workspace_id: int) -> FileRow | None:
    """One file of a workspace."""
    return _first(
        connection,
        "id = :id AND workspace_id = :workspace AND complete_at IS NOT NULL",
        {"id": number, "workspace": workspace_id},
    )


def anywhere(connection: Connection, number: int) -> FileRow | None:
    """One file, whosever it is: for whoever has its address."""
    return _first(connection, "id = :id AND complete_at IS NOT NULL", {"id": number})


def page(connection: Connection, *, workspace_id: int, before: int | None, limit: int) -> list[FileRow]:
    """Some files, the newest first, older than that of the number ``before``."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM files WHERE workspace_id = :workspace AND id < :before "
            "AND complete_at IS NOT NULL ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": 2**62 if before is None else before, "limit": limit},
    )
    return [FileRow(**row._mapping) for row in rows]


def content(connection: Connection, number: int) -> bytes:
    """The bytes of a file."""
    parts = connection.execute(
        sql("SELECT data FROM file_parts WHERE file_id = :id ORDER BY number"), {"id": number}
    ).scalars()
    return b"".join(bytes(part) for part in parts)


def total_size(connection: Connection, *, workspace_id: int) -> int:
    """The bytes of all files of a workspace."""
    words = "SELECT COALESCE(SUM(size), 0) FROM files WHERE workspace_id = :workspace"
    return int(connection.execute(sql(words), {"workspace": workspace_id}).scalar_one())


def is_needed(connection: Connection, public_id: str, *, workspace_id: int) -> bool:
    """Whether a campaign that has not ended attaches it: drafts among them, whose content names it by its public id."""
    words = "SELECT 1 FROM campaigns WHERE workspace_id = :workspace AND finished_at IS NULL AND content LIKE :named LIMIT 1"
    values = {"workspace": workspace_id, "named": f'%"{public_id}"%'}
    return connection.execute(sql(words), values).one_or_none() is not None


def delete(database: Database, number: int) -> None:
    """Take a file away, its content in steps."""
    database.execute("UPDATE files SET complete_at = NULL WHERE id = :id", id=number)
    while True:
        with database.write() as connection:
            gone = connection.execute(
                sql(
                    "DELETE FROM file_parts WHERE file_id = :id AND number IN "
                    "(SELECT number FROM file_parts WHERE file_id = :id ORDER BY number LIMIT :most)"
                ),
                {"id": number, "most": _DELETED_AT_ONCE},
            ).rowcount
            if not gone:
                connection.execute(sql("DELETE FROM files WHERE id = :id"), {"id": number})
                return


def abandoned(connection: Connection, *, workspace_id: int, now: float) -> list[int]:
    """Files whose upload or deletion was interrupted an hour ago or more."""
    rows = connection.execute(
        sql("SELECT id FROM files WHERE workspace_id = :workspace AND complete_at IS NULL AND created_at < :before"),
        {"workspace": workspace_id, "before": now - _ABANDONED_SECONDS},
    )
    return list(rows.scalars())


def _first(connection: Connection, where: str, values: dict[str, Any]) -> FileRow | None:
    row = connection.execute(sql(f"SELECT {_COLUMNS} FROM files WHERE {where} LIMIT 1"), values).one_or_none()
    return None if row is None else FileRow(**row._mapping)
