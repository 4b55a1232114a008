"""What the operator of an installation does with its users at the command line, in every workspace."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.permission import Role
from paceline.operations.context import FIRST_WORKSPACE, Context, NotFound, NotPossible
from paceline.operations.people.granting import parse_role
from paceline.operations.people.password_reset import new_reset_link
from paceline.operations.people.people_input import checked_email, checked_name
from paceline.store.catalogue import members, sessions, users
from paceline.store.catalogue.users import UserRow


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationUser:
    """One user with every workspace they are in, as ``role in name``."""

    email: str
    name: str
    roles: tuple[str, ...]
    has_password: bool
    has_second_factor: bool
    has_single_sign_on: bool
    disabled_at: float | None
    created_at: float


def list_users(context: Context) -> list[InstallationUser]:
    """Every user by address."""
    with context.catalogue.read() as connection:
        return [_described(connection, user) for user in users.every(connection)]


def add_user(context: Context, *, email: str, name: str = "", role: str = Role.OWNER) -> str:
    """Add a user to the first workspace, or give one that exists this role there; returns a link to set a password.

    Raises InputError, NotPossible for the last owner.
    """
    email, wanted = checked_email(email), parse_role(role)
    name = checked_name(name or email.partition("@")[0])
    now = context.clock.now()
    with context.catalogue.write() as connection:
        members.lock(connection, FIRST_WORKSPACE)
        user_id = users.insert(connection, email=email, name=name, password_hash=None, now=now)
        if user_id is None:
            user_id = _find(connection, email).id
        where = {"workspace_id": FIRST_WORKSPACE, "user_id": user_id}
        new = members.add(connection, role=wanted, now=now, **where)
        if not new and not members.set_role(connection, role=wanted, **where):
            raise NotPossible(f"{email} is the last owner: make another user an owner first")
        return new_reset_link(context, connection, user_id)


def reset_link(context: Context, *, email: str, without_second_factor: bool = False) -> str:
    """A link to set a new password; takes the second factor away where that is lost too. Raises NotFound."""
    with context.catalogue.write() as connection:
        user = _find(connection, email)
        if user.disabled_at is not None:
            raise NotPossible(f"{user.email} is disabled: enable the user first, with `paceline users enable`")
        if without_second_factor:
            users.clear_totp(connection, user.id)
        return new_reset_link(context, connection, user.id)


def set_enabled(context: Context, *, email: str, enabled: bool) -> None:
    """Let a user in again, or keep them out: their sessions end and their keys stop working at once.

    Raises NotFound, NotPossible for the last owner of a workspace.
    """
    now = context.clock.now()
    with context.catalogue.write() as connection:
        user = _find(connection, email)
        if enabled:
            users.set_disabled(connection, user.id, None)
            return
        for row in members.of_user(connection, user.id):
            members.lock(connection, row.workspace_id)
            if members.is_last_owner(connection, workspace_id=row.workspace_id, user_id=user.id):
                raise NotPossible(
                    f"{user.email} is the last owner of {row.workspace_name}: make another user an owner first, "
                    "with `paceline users add`"
                )
        users.set_disabled(connection, user.id, now)
        sessions.end_all(connection, user.id)


def _find(connection: Connection, email: str) -> UserRow:
    user = users.by_email(connection, email.strip())
    if user is None:
        raise NotFound(f"no user has the address {email}; `paceline users list` shows all")
    return user


def _described(connection: Connection, user: UserRow) -> InstallationUser:
    rows = members.of_user(connection, user.id)
    return InstallationUser(
        email=user.email,
        name=user.name,
        roles=tuple(f"{row.role} in {row.workspace_name}" for row in rows),
        has_password=user.password_hash is not None,
        has_second_factor=user.has_second_factor,
        has_single_sign_on=user.oidc_subject is not None,
        disabled_at=user.disabled_at,
        created_at=user.created_at,
    )
