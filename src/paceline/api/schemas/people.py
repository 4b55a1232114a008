"""Shapes of members, invitations, workspaces and API keys."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.sessions import Code, Email, Password, Token
from paceline.domain.permission import Permission, Role

RoleName = Annotated[Role, Field(strict=False)]
PermissionName = Annotated[Permission, Field(strict=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class MemberAnswer(Answer):
    """A user in this workspace."""

    id: str
    email: str
    name: str
    role: Role
    has_second_factor: bool
    disabled: bool
    created_at: Instant


class RoleChange(Request):
    """Another role."""

    role: RoleName


class ResetLink(Answer):
    """A link that sets a new password, once, within the hour. Whoever holds it can become that user."""

    link: str


class NewInvitation(Request):
    """Whom to invite, in which role."""

    email: Email
    role: RoleName


class InvitationAnswer(Answer):
    """An open invitation."""

    id: str
    email: str
    role: Role
    created_at: Instant
    expires_at: Instant


class InvitationMade(InvitationAnswer):
    """An invitation that has just been made."""

    link: str = Field(description="Works once. It is shown only now: give it to the invited person.")
    mailed: bool = Field(description="It goes to the invited person by mail as well.")


class InvitationToken(Request):
    """The token of an invitation's link."""

    token: Token


class WelcomeAnswer(Answer):
    """What an invitation is for."""

    workspace_name: str
    email: str
    role: Role
    has_user: bool = Field(description="There is a user of this address, whose password is needed to accept.")


class Acceptance(Request):
    """The token of an invitation, and who comes: a new user with a name, or one that exists with password and code."""

    token: Token
    name: Annotated[str, Field(max_length=200)] = ""
    password: Password
    code: Code = ""


class WorkspaceAnswer(Answer):
    """A workspace with all its settings."""

    id: str
    name: str
    settings: dict[str, Any]
    created_at: Instant


class NewWorkspace(Request):
    """Another workspace."""

    name: Name


class WorkspaceChange(Request):
    """What to change; what is absent stays as it is."""

    name: Name | None = None
    settings: dict[str, Any] | None = Field(default=None, description="null brings a setting's default back.")


class KnownSetting(Answer):
    """A setting that a workspace has."""

    name: str
    default: Any
    accepts: str
    meaning: str


class KnownSettings(Answer):
    """Every setting that a workspace has."""

    items: list[KnownSetting]


class NewApiKeyRequest(Request):
    """A key for a program."""

    name: Name
    scopes: Annotated[list[PermissionName], Field(min_length=1, max_length=100)]
    expires_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ApiKeyAnswer(Answer):
    """An API key, without its secret."""

    id: str
    name: str
    prefix: str = Field(description="How the key begins.")
    scopes: list[Permission]
    created_at: Instant
    used_at: Instant | None = Field(description="To the minute.")
    expires_at: Instant | None


class ApiKeyMade(ApiKeyAnswer):
    """A key that has just been made."""

    key: str = Field(description="It is shown only now.")
