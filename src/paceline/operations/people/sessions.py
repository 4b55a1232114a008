"""Sessions of people: start, list, end, go to work in another workspace."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.operations.context import Context, NotFound
from paceline.operations.people.access import SESSION_IDLE_SECONDS, new_secret
from paceline.operations.people.granting import NotAllowed
from paceline.store.catalogue import members, sessions
from paceline.store.public_ids import IdKind

_LONGEST_CLIENT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session that has just begun; its token is known to its holder only."""

    token: str
    id: str
    user: str
    workspace: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session in the list that its user sees."""

    id: str
    client: str
    current: bool
    created_at: float
    seen_at: float
    expires_at: float


def start(context: Context, user_id: int, *, client: str = "", workspace_id: int | None = None) -> NewSession:
    """Begin a session, in this workspace or else in the user's first one. Raises NotAllowed when they are in none."""
    secret, now = new_secret(), context.clock.now()
    with context.catalogue.write() as connection:
        theirs = [row.workspace_id for row in members.of_user(connection, user_id)]
        if not theirs:
            raise NotAllowed("you are in no workspace any more: ask for an invitation")
        where = workspace_id if workspace_id in theirs else theirs[0]
        number = sessions.create(
            connection,
            token_hash=secret.hash,
            user_id=user_id,
            workspace_id=where,
            client="".join(filter(str.isprintable, client))[:_LONGEST_CLIENT],
            now=now,
            expires_at=now + SESSION_IDLE_SECONDS,
        )
    return NewSession(
        token=secret.value,
        id=context.ids.encode(IdKind.SESSION, number),
        user=context.ids.encode(IdKind.USER, user_id),
        workspace=context.ids.encode(IdKind.WORKSPACE, where),
        expires_at=now + SESSION_IDLE_SECONDS,
    )


def of_user(context: Context, user_id: int, *, current: int | None = None) -> list[Session]:
    """The user's sessions that go on, the last used first."""
    now = context.clock.now()
    with context.catalogue.read() as connection:
        rows = sessions.of_user(connection, user_id, now=now)
    return [
        Session(
            id=context.ids.encode(IdKind.SESSION, row.id),
            client=row.client,
            current=row.id == current,
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def end(context: Context, session: str, *, user_id: int) -> None:
    """End one session of a user. Raises NotFound, for those of others too."""
    number = context.ids.decode(IdKind.SESSION, session)
    with context.catalogue.write() as connection:
        if number is None or not sessions.end_of_user(connection, number, user_id=user_id):
            raise NotFound(f"you have no session {session[:100]!r}")


def end_number(context: Context, session_id: int | None, *, user_id: int) -> None:
    """End the session of a person who logs out. A second call changes nothing."""
    if session_id is not None:
        with context.catalogue.write() as connection:
            sessions.end_of_user(connection, session_id, user_id=user_id)


def end_all(context: Context, user_id: int, *, but: int | None = None) -> int:
    """End every session of a user except one; returns how many."""
    with context.catalogue.write() as connection:
        return sessions.end_all(connection, user_id, but=but)


def switch_workspace(context: Context, session_id: int | None, *, user_id: int, workspace: str) -> None:
    """Go on with a session in another of the user's workspaces. Raises NotFound."""
    number = context.ids.decode(IdKind.WORKSPACE, workspace)
    with context.catalogue.write() as connection:
        if (
            number is None
            or session_id is None
            or members.find(connection, workspace_id=number, user_id=user_id) is None
        ):
            raise NotFound(f"you are in no workspace {workspace[:100]!r}")
        sessions.move(connection, session_id, number)
