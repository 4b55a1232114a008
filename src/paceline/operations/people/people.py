"""The members of a workspace: who is in it, in which role, and how that changes."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.domain.permission import Role
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.people.access import Principal
from paceline.operations.people.granting import parse_role, refuse_appointing
from paceline.store.catalogue import members, sessions
from paceline.store.catalogue.members import MemberRow
from paceline.store.public_ids import IdKind

_LAST_OWNER = "{} is the last owner of this workspace: make another member an owner first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One user of a workspace, as others in it see them."""

    id: str
    email: str
    name: str
    role: Role
    has_second_factor: bool
    disabled: bool
    created_at: float


def list_members(context: Context, *, after: str | None = None, limit: int = 100) -> list[Member]:
    """The members of the workspace, those after the member ``after``; at most ``limit``."""
    first = 0 if after is None else user_number(context, after)
    with context.catalogue.read() as connection:
        rows = members.page(connection, workspace_id=context.workspace_id, after=first, limit=limit)
    return [_member(context, row) for row in rows]


def member(context: Context, user: str) -> Member:
    """One member of the workspace. Raises NotFound."""
    number = user_number(context, user)
    with context.catalogue.read() as connection:
        row = members.find(connection, workspace_id=context.workspace_id, user_id=number)
    if row is None:
        raise _unknown(user)
    return _member(context, row)


def change_role(context: Context, user: str, role: str, *, by: Principal) -> Member:
    """Give a member another role. Whoever asks must be able to appoint to both.

    Raises InputError, NotAllowed, NotFound, NotPossible (the last owner).
    """
    wanted, number = parse_role(role), user_number(context, user)
    with context.catalogue.write() as connection:
        members.lock(connection, context.workspace_id)
        row = members.find(connection, workspace_id=context.workspace_id, user_id=number)
        if row is None:
            raise _unknown(user)
        refuse_appointing(by, row.role, wanted)
        if not members.set_role(connection, workspace_id=context.workspace_id, user_id=number, role=wanted):
            raise NotPossible(_LAST_OWNER.format(row.email))
    return member(context, user)


def remove_member(context: Context, user: str, *, by: Principal) -> None:
    """Take a member out of the workspace, whose keys stop working; the user stays. Raises as ``change_role``."""
    number = user_number(context, user)
    with context.catalogue.write() as connection:
        members.lock(connection, context.workspace_id)
        row = members.find(connection, workspace_id=context.workspace_id, user_id=number)
        if row is None:
            raise _unknown(user)
        refuse_appointing(by, row.role)
        if not members.remove(connection, workspace_id=context.workspace_id, user_id=number):
            raise NotPossible(_LAST_OWNER.format(row.email))
        others = members.of_user(connection, number)
        instead = others[0].workspace_id if others else None
        sessions.leave(connection, user_id=number, workspace_id=context.workspace_id, instead=instead)


def user_number(context: Context, user: str) -> int:
    """The number of a user's public id. Raises NotFound."""
    number = context.ids.decode(IdKind.USER, user)
    if number is None:
        raise _unknown(user)
    return number


def _unknown(user: str) -> NotFound:
    return NotFound(f"no member {user[:100]!r} in this workspace")


def _member(context: Context, row: MemberRow) -> Member:
    return Member(
        id=context.ids.encode(IdKind.USER, row.user_id),
        email=row.email,
        name=row.name,
        role=row.role,
        has_second_factor=row.has_second_factor,
        disabled=row.disabled_at is not None,
        created_at=row.created_at,
    )
