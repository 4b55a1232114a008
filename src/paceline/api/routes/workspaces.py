"""Workspaces over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.routing import Access, Routes
from paceline.api.schemas.people import (
    KnownSetting,
    KnownSettings,
    NewWorkspace,
    WorkspaceAnswer,
    WorkspaceChange,
)
from paceline.domain.permission import Permission
from paceline.domain.workspace_settings import SETTINGS
from paceline.operations.people import workspaces
from paceline.operations.people.workspaces import Workspace

routes = Routes(tag="workspaces")


@routes.get("/workspace", permission=Permission.WORKSPACE_READ)
def show_workspace(asked: Asked) -> WorkspaceAnswer:
    """The workspace of the key or session that asks, with its settings."""
    return _answer(workspaces.workspace(asked.context))


@routes.patch("/workspace", permission=Permission.WORKSPACE_WRITE)
def change_workspace(asked: Asked, change: WorkspaceChange) -> WorkspaceAnswer:
    """Rename the workspace or change its settings; unknown ones are refused by name."""
    changed = workspaces.change(asked.context, name=change.name, settings=change.settings)
    asked.audit("workspace.change", changed.id, name=change.name, settings=change.settings)
    return _answer(changed)


@routes.get("/workspace/settings", permission=Permission.WORKSPACE_READ)
def list_workspace_settings(asked: Asked) -> KnownSettings:
    """Every setting that a workspace has: its default, what it accepts, what it means."""
    return KnownSettings(
        items=[
            KnownSetting(name=one.name, default=one.default, accepts=one.accepts, meaning=one.meaning)
            for one in SETTINGS
        ]
    )


@routes.post("/workspaces", permission=Access.PERSON, status=HTTPStatus.CREATED)
def create_workspace(asked: Asked, new: NewWorkspace) -> WorkspaceAnswer:
    """Make another workspace, which the person who asks owns; only an owner of the present one may."""
    made = workspaces.create(asked.context, name=new.name, by=asked.principal)
    asked.audit("workspace.create", made.id, name=made.name)
    return _answer(made)


def _answer(row: Workspace) -> WorkspaceAnswer:
    return WorkspaceAnswer(id=row.id, name=row.name, settings=row.settings, created_at=row.created_at)
