"""One-time links: first user, invitation, password reset. Only the hash of a link's token is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from paceline.domain.address import address_key
from paceline.domain.permission import Role
from paceline.store.database import sql


class LinkPurpose(StrEnum):
    """What a link is good for; a token of one purpose is unknown for another."""

    FIRST_USER = "first_user"
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link, without its token."""

    id: int
    purpose: LinkPurpose
    workspace_id: int | None
    user_id: int | None
    email: str | None
    role: Role | None
    created_at: float
    expires_at: float


_COLUMNS = "id, purpose, workspace_id, user_id, email, role, created_at, expires_at"


def insert(
    connection: Connection,
    *,
    token_hash: str,
    purpose: LinkPurpose,
    now: float,
    expires_at: float,
    workspace_id: int | None = None,
    user_id: int | None = None,
    email: str | None = None,
    role: Role | None = None,
) -> int:
    """A new link; returns its number. For an invitation ``user_id`` is who invites."""
    statement = sql(
        "INSERT INTO one_time_links (token_hash, purpose, workspace_id, user_id, email, role, created_at, expires_at) "
        "VALUES (:token, :purpose, :workspace, :user, :email, :role, :now, :expires) RETURNING id"
    )
    values = {
        "token": token_hash,
        "purpose": purpose.value,
        "workspace": workspace_id,
        "user": user_id,
        "email": email,
        "role": None if role is None else role.value,
        "now": now,
        "expires": expires_at,
    }
    return int(connection.execute(statement, values).scalar_one())


def find(connection: Connection, *, token_hash: str, purpose: LinkPurpose, now: float) -> LinkRow | None:
    """The link of this token, if it can still be used."""
    row = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM one_time_links WHERE token_hash = :token AND purpose = :purpose "
            "AND used_at IS NULL AND expires_at > :now"
        ),
        {"token": token_hash, "purpose": purpose.value, "now": now},
    ).one_or_none()
    return None if row is None else _row(row)


def use(connection: Connection, *, token_hash: str, purpose: LinkPurpose, now: float) -> LinkRow | None:
    """Use a link up and say what it is for; None when it is unknown, used or too old. One of two users wins."""
    row = connection.execute(
        sql(
            "UPDATE one_time_links SET used_at = :now WHERE token_hash = :token AND purpose = :purpose "
            f"AND used_at IS NULL AND expires_at > :now RETURNING {_COLUMNS}"
        ),
        {"token": token_hash, "purpose": purpose.value, "now": now},
    ).one_or_none()
    return None if row is None else _row(row)


def void(connection: Connection, *, purpose: LinkPurpose, user_id: int | None = None) -> None:
    """No open link of this purpose (and user) works any more."""
    condition = "" if user_id is None else "AND user_id = :user"
    connection.execute(
        sql(f"DELETE FROM one_time_links WHERE purpose = :purpose AND used_at IS NULL {condition}"),
        {"purpose": purpose.value} | ({} if user_id is None else {"user": user_id}),
    )


def void_invitations(connection: Connection, *, workspace_id: int, email: str) -> None:
    """No open invitation of this address into this workspace works any more."""
    rows = connection.execute(
        sql(
            "SELECT id, email FROM one_time_links "
            "WHERE purpose = 'invitation' AND workspace_id = :workspace AND used_at IS NULL"
        ),
        {"workspace": workspace_id},
    )
    for found in [row.id for row in rows if address_key(row.email) == address_key(email)]:
        connection.execute(sql("DELETE FROM one_time_links WHERE id = :id"), {"id": found})


def invitations(connection: Connection, *, workspace_id: int, after: int, limit: int, now: float) -> list[LinkRow]:
    """The open invitations into a workspace by number, from the one after ``after`` on."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM one_time_links WHERE purpose = 'invitation' AND workspace_id = :workspace "
            "AND used_at IS NULL AND expires_at > :now AND id > :after ORDER BY id LIMIT :limit"
        ),
        {"workspace": workspace_id, "after": after, "limit": limit, "now": now},
    )
    return [_row(row) for row in rows]


def revoke_invitation(connection: Connection, *, workspace_id: int, link_id: int) -> bool:
    """Take an open invitation back; False when there is none of this number in the workspace."""
    removed = connection.execute(
        sql(
            "DELETE FROM one_time_links WHERE id = :id AND workspace_id = :workspace "
            "AND purpose = 'invitation' AND used_at IS NULL"
        ),
        {"id": link_id, "workspace": workspace_id},
    )
    return removed.rowcount == 1


def _row(row: Any) -> LinkRow:
    values = dict(row._mapping)
    role = values["role"]
    return LinkRow(
        **{**values, "purpose": LinkPurpose(values["purpose"]), "role": None if role is None else Role(role)}
    )
