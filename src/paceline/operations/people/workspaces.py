"""Workspaces: make one, name it, set what holds in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paceline.domain.permission import Role
from paceline.domain.workspace_settings import DEFAULTS, checked
from paceline.operations.context import Context, NotFound
from paceline.operations.people.access import Principal
from paceline.operations.people.granting import NotAllowed
from paceline.operations.people.people_input import checked_name
from paceline.store.catalogue import members, workspaces
from paceline.store.public_ids import IdKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One workspace; ``settings`` has every known setting, with its default where none was set."""

    id: str
    name: str
    settings: dict[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A workspace that a user is in."""

    id: str
    name: str
    role: Role


def workspace(context: Context) -> Workspace:
    """The workspace that the context is used for. Raises NotFound."""
    with context.catalogue.read() as connection:
        row = workspaces.find(connection, context.workspace_id)
    if row is None:
        raise NotFound("this workspace does not exist")
    return Workspace(
        id=context.ids.encode(IdKind.WORKSPACE, row.id),
        name=row.name,
        settings={**DEFAULTS, **row.settings},
        created_at=row.created_at,
    )


def of_user(context: Context, user_id: int) -> list[Membership]:
    """Every workspace that a user is in, oldest first."""
    with context.catalogue.read() as connection:
        rows = members.of_user(connection, user_id)
    return [
        Membership(id=context.ids.encode(IdKind.WORKSPACE, row.workspace_id), name=row.workspace_name, role=row.role)
        for row in rows
    ]


def create(context: Context, *, name: str, by: Principal) -> Workspace:
    """A new workspace with this person, an owner of theirs, as its owner. Raises InputError, NotAllowed."""
    name = checked_name(name)
    if by.user_id is None or by.role is not Role.OWNER:
        raise NotAllowed("only an owner may make another workspace")
    now = context.clock.now()
    with context.catalogue.write() as connection:
        number = workspaces.insert(connection, name=name, now=now)
        members.add(connection, workspace_id=number, user_id=by.user_id, role=Role.OWNER, now=now)
    return workspace(context.in_workspace(number))


def change(context: Context, *, name: str | None = None, settings: Mapping[str, Any] | None = None) -> Workspace:
    """Change the name, or some settings: null brings a setting's default back, those not named stay as they are.

    Raises InputError with every problem, and nothing is changed.
    """
    name = None if name is None else checked_name(name)
    given = dict(settings or {})
    cleared = {one for one, value in given.items() if value is None and one in DEFAULTS}
    values = checked({one: value for one, value in given.items() if one not in cleared})
    with context.catalogue.write() as connection:
        if name is not None:
            workspaces.rename(connection, context.workspace_id, name)
        if given:
            kept = workspaces.locked_settings(connection, context.workspace_id)
            left = {one: value for one, value in kept.items() if one not in cleared}
            workspaces.save_settings(connection, context.workspace_id, left | values)
    return workspace(context)


def setting(context: Context, name: str) -> Any:
    """What a setting is in this workspace."""
    return workspace(context).settings[name]
