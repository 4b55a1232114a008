"""Sessions of people: only the hashes of their tokens are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A living session, with the person and the role in the workspace where the person is at work."""

    id: int
    user_id: int
    user_name: str
    user_email: str
    workspace_id: int
    role: str
    created_at: float
    seen_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session as its own person sees it in a list."""

    id: int
    client: str
    created_at: float
    seen_at: float
    expires_at: float


def create(
    connection: Connection,
    *,
    token_hash: str,
    user_id: int,
    workspace_id: int,
    client: str,
    expires_at: float,
    now: float,
) -> int:
    """A new session; returns its id."""
    statement = sql(
        "INSERT INTO sessions (token_hash, user_id, workspace_id, client, created_at, seen_at, expires_at) "
        "VALUES (:hash, :user, :workspace, :client, :now, :now, :expires_at) RETURNING id"
    )
    values = {
        "hash": token_hash,
        "user": user_id,
        "workspace": workspace_id,
        "client": client,
        "expires_at": expires_at,
        "now": now,
    }
    return int(connection.execute(statement, values).scalar_one())


def by_hash(connection: Connection, token_hash: str, *, now: float) -> SessionRow | None:
    """The session of this token, unless it has ended, the person is disabled, or is no longer in the workspace."""
    row = connection.execute(
        sql(
            "SELECT s.id, s.user_id, u.name AS user_name, u.email AS user_email, s.workspace_id, m.role, s.created_at, "
            "s.seen_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL "
            "JOIN members m ON m.user_id = s.user_id AND m.workspace_id = s.workspace_id "
            "WHERE s.token_hash = :hash AND s.expires_at > :now"
        ),
        {"hash": token_hash, "now": now},
    ).one_or_none()
    return None if row is None else SessionRow(**row._mapping)


def note_use(connection: Connection, session_id: int, *, expires_at: float, now: float) -> None:
    """Remember that the session is used, and until when it lasts without further use."""
    connection.execute(
        sql("UPDATE sessions SET seen_at = :now, expires_at = :expires_at WHERE id = :id"),
        {"id": session_id, "expires_at": expires_at, "now": now},
    )


def of_user(connection: Connection, user_id: int, *, now: float) -> list[OpenSession]:
    """The sessions of a person that have not ended, the last used first."""
    rows = connection.execute(
        sql(
            "SELECT id, client, created_at, seen_at, expires_at FROM sessions "
            "WHERE user_id = :user AND expires_at > :now ORDER BY seen_at DESC, id DESC"
        ),
        {"user": user_id, "now": now},
    )
    return [OpenSession(**row._mapping) for row in rows]


def move(connection: Connection, session_id: int, workspace_id: int) -> None:
    """The person goes to work in another workspace."""
    connection.execute(
        sql("UPDATE sessions SET workspace_id = :workspace WHERE id = :id"),
        {"workspace": workspace_id, "id": session_id},
    )


def leave(connection: Connection, *, user_id: int, workspace_id: int, instead: int | None) -> None:
    """A person is no longer in a workspace: their sessions there go on in another one, or end."""
    change = "DELETE FROM sessions" if instead is None else "UPDATE sessions SET workspace_id = :instead"
    values = {"user": user_id, "workspace": workspace_id} | ({} if instead is None else {"instead": instead})
    connection.execute(sql(f"{change} WHERE user_id = :user AND workspace_id = :workspace"), values)


def end(connection: Connection, session_id: int) -> None:
    """End a session at once, everywhere."""
    connection.execute(sql("DELETE FROM sessions WHERE id = :id"), {"id": session_id})


def end_of_user(connection: Connection, session_id: int, *, user_id: int) -> bool:
    """End a session of this person; False when they have none of this number."""
    statement = sql("DELETE FROM sessions WHERE id = :id AND user_id = :user")
    return connection.execute(statement, {"id": session_id, "user": user_id}).rowcount == 1


def end_all(connection: Connection, user_id: int, *, but: int | None = None) -> int:
    """End every session of a person, except one; returns how many."""
    statement = "DELETE FROM sessions WHERE user_id = :user AND id <> :but"
    return connection.execute(sql(statement), {"user": user_id, "but": but or 0}).rowcount
