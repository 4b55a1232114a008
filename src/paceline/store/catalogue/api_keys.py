"""API keys: only their hashes are kept."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.permission import Permission, Role
from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRow:
    """A key as the database knows it; ``prefix`` is the part that may be shown."""

    id: int
    workspace_id: int
    name: str
    prefix: str
    scopes: frozenset[Permission]
    created_by: int | None
    created_at: float
    used_at: float | None
    expires_at: float | None
    revoked_at: float | None
    maker_role: Role | None = None
    """The role that whoever made it has now, where the key was looked up to be used; None: made by the operator."""


_COLUMNS = "id, workspace_id, name, prefix, scopes, created_by, created_at, used_at, expires_at, revoked_at"


def create(
    connection: Connection,
    *,
    workspace_id: int,
    name: str,
    prefix: str,
    key_hash: str,
    scopes: Collection[Permission],
    created_by: int | None,
    expires_at: float | None,
    now: float,
) -> int:
    """Keep a new key; returns its id."""
    statement = sql(
        "INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes, created_by, expires_at, created_at) "
        "VALUES (:workspace, :name, :prefix, :hash, :scopes, :created_by, :expires_at, :now) RETURNING id"
    )
    values = {
        "workspace": workspace_id,
        "name": name,
        "prefix": prefix,
        "hash": key_hash,
        "scopes": json.dumps(sorted(scopes)),
        "created_by": created_by,
        "expires_at": expires_at,
        "now": now,
    }
    return int(connection.execute(statement, values).scalar_one())


def by_hash(connection: Connection, key_hash: str, *, now: float) -> ApiKeyRow | None:
    """The key of this hash, unless it is revoked or has expired, or whoever made it is no longer there."""
    row = connection.execute(
        sql(
            f"SELECT {', '.join(f'k.{name}' for name in _COLUMNS.split(', '))}, m.role AS maker_role FROM api_keys k "
            "LEFT JOIN members m ON m.user_id = k.created_by AND m.workspace_id = k.workspace_id "
            "LEFT JOIN users u ON u.id = m.user_id "
            "WHERE k.key_hash = :hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now) "
            "AND (k.created_by IS NULL OR u.disabled_at IS NULL AND m.role IS NOT NULL)"
        ),
        {"hash": key_hash, "now": now},
    ).one_or_none()
    return None if row is None else _key(row)


def page(connection: Connection, *, workspace_id: int, before: int, limit: int) -> list[ApiKeyRow]:
    """The keys of a workspace that are not revoked, the newest first, from the one before ``before`` on."""
    statement = (
        f"SELECT {_COLUMNS} FROM api_keys WHERE workspace_id = :workspace AND revoked_at IS NULL AND id < :before "
        "ORDER BY id DESC LIMIT :limit"
    )
    values = {"workspace": workspace_id, "before": before, "limit": limit}
    return [_key(row) for row in connection.execute(sql(statement), values)]


def find(connection: Connection, key_id: int, *, workspace_id: int) -> ApiKeyRow | None:
    """The key of this number in the workspace, unless it is revoked."""
    statement = f"SELECT {_COLUMNS} FROM api_keys WHERE id = :id AND workspace_id = :workspace AND revoked_at IS NULL"
    row = connection.execute(sql(statement), {"id": key_id, "workspace": workspace_id}).one_or_none()
    return None if row is None else _key(row)


def note_use(connection: Connection, key_id: int, *, now: float) -> None:
    """Remember when a key was last used."""
    connection.execute(sql("UPDATE api_keys SET used_at = :now WHERE id = :id"), {"id": key_id, "now": now})


def revoke(connection: Connection, key_id: int, *, workspace_id: int, now: float) -> bool:
    """End a key for ever; False when there is none of this id in the workspace."""
    statement = (
        "UPDATE api_keys SET revoked_at = :now WHERE id = :id AND workspace_id = :workspace AND revoked_at IS NULL"
    )
    return connection.execute(sql(statement), {"id": key_id, "workspace": workspace_id, "now": now}).rowcount == 1


def _key(row: Any) -> ApiKeyRow:
    values = {**row._mapping, "scopes": _scopes(row.scopes)}
    if values.get("maker_role") is not None:
        values["maker_role"] = Role(values["maker_role"])
    return ApiKeyRow(**values)


def _scopes(stored: str) -> frozenset[Permission]:
    """The scopes that this version knows; what a later one may have written grants nothing."""
    known = set(Permission)
    return frozenset(Permission(scope) for scope in json.loads(stored) if scope in known)
