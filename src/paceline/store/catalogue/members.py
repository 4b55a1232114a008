"""Members: which user is in which workspace, in which role. Every workspace keeps at least one owner who can come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.permission import Role
from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One user in one workspace."""

    user_id: int
    workspace_id: int
    workspace_name: str
    email: str
    name: str
    role: Role
    has_second_factor: bool
    disabled_at: float | None
    created_at: float


_SELECT = (
    "SELECT m.user_id, m.workspace_id, w.name AS workspace_name, u.email, u.name, m.role, "
    "u.totp_confirmed_at IS NOT NULL AS has_second_factor, u.disabled_at, m.created_at "
    "FROM members m JOIN users u ON u.id = m.user_id JOIN workspaces w ON w.id = m.workspace_id "
)
# Another owner of the same workspace who can come in; the workspace is locked while this is asked.
_ANOTHER_OWNER = (
    "EXISTS (SELECT 1 FROM members o JOIN users u ON u.id = o.user_id WHERE o.workspace_id = members.workspace_id "
    "AND o.role = 'owner' AND o.user_id <> members.user_id AND u.disabled_at IS NULL)"
)


def add(connection: Connection, *, workspace_id: int, user_id: int, role: Role, now: float) -> bool:
    """Take a user into a workspace; False when they are in it already, whose role then stays."""
    added = connection.execute(
        sql(
            "INSERT INTO members (workspace_id, user_id, role, created_at) "
            "VALUES (:workspace, :user, :role, :now) ON CONFLICT DO NOTHING"
        ),
        {"workspace": workspace_id, "user": user_id, "role": role.value, "now": now},
    )
    return added.rowcount == 1


def find(connection: Connection, *, workspace_id: int, user_id: int) -> MemberRow | None:
    """A user in a workspace; None when they are not in it."""
    row = connection.execute(
        sql(f"{_SELECT} WHERE m.workspace_id = :workspace AND m.user_id = :user"),
        {"workspace": workspace_id, "user": user_id},
    ).one_or_none()
    return None if row is None else _row(row)


def page(connection: Connection, *, workspace_id: int, after: int, limit: int) -> list[MemberRow]:
    """The members of a workspace by number of their user, from the one after ``after`` on."""
    rows = connection.execute(
        sql(f"{_SELECT} WHERE m.workspace_id = :workspace AND m.user_id > :after ORDER BY m.user_id LIMIT :limit"),
        {"workspace": workspace_id, "after": after, "limit": limit},
    )
    return [_row(row) for row in rows]


def of_user(connection: Connection, user_id: int) -> list[MemberRow]:
    """Every workspace that a user is in, oldest first."""
    rows = connection.execute(sql(f"{_SELECT} WHERE m.user_id = :user ORDER BY m.workspace_id"), {"user": user_id})
    return [_row(row) for row in rows]


def lock(connection: Connection, workspace_id: int) -> None:
    """Keep others from changing the members of a workspace until the transaction ends.

    Two owners who remove each other at once would both see the other one still there. An update of the workspace's own
    row locks it on PostgreSQL; on SQLite there is one writer anyway.
    """
    connection.execute(sql("UPDATE workspaces SET name = name WHERE id = :workspace"), {"workspace": workspace_id})


def set_role(connection: Connection, *, workspace_id: int, user_id: int, role: Role) -> bool:
    """Change a role; False when that would leave the workspace without an owner. ``lock`` comes first."""
    changed = connection.execute(
        sql(
            "UPDATE members SET role = :role WHERE workspace_id = :workspace AND user_id = :user "
            f"AND (role <> 'owner' OR :role = 'owner' OR {_ANOTHER_OWNER})"
        ),
        {"role": role.value, "workspace": workspace_id, "user": user_id},
    )
    return changed.rowcount == 1


def remove(connection: Connection, *, workspace_id: int, user_id: int) -> bool:
    """Take a user out of a workspace; False when they are its last owner. ``lock`` comes first."""
    removed = connection.execute(
        sql(
            "DELETE FROM members WHERE workspace_id = :workspace AND user_id = :user "
            f"AND (role <> 'owner' OR {_ANOTHER_OWNER})"
        ),
        {"workspace": workspace_id, "user": user_id},
    )
    return removed.rowcount == 1


def is_last_owner(connection: Connection, *, workspace_id: int, user_id: int) -> bool:
    """Whether a workspace has no other owner who can come in. ``lock`` comes first."""
    found = connection.execute(
        sql(
            "SELECT 1 FROM members WHERE workspace_id = :workspace AND user_id = :user AND role = 'owner' "
            f"AND NOT {_ANOTHER_OWNER}"
        ),
        {"workspace": workspace_id, "user": user_id},
    )
    return found.one_or_none() is not None


def _row(row: Any) -> MemberRow:
    values = dict(row._mapping)
    return MemberRow(**{**values, "role": Role(values["role"]), "has_second_factor": bool(values["has_second_factor"])})
