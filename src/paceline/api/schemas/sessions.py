"""Shapes of logging in, sessions and what a person sees of themselves."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.domain.permission import Permission, Role

Password = Annotated[str, Field(min_length=1, max_length=1024)]
Code = Annotated[str, Field(max_length=100)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(min_length=3, max_length=320)]
PersonName = Annotated[str, Field(min_length=1, max_length=200)]


class LoginWays(Answer):
    """How people get in here."""

    single_sign_on: bool
    password_reset: bool = Field(description="Reset links go out by mail; else an admin or the operator makes them.")
    setup_needed: bool = Field(description="There is no user yet: open the link that `paceline serve` printed.")


class Setup(Request):
    """The first user."""

    token: Token
    email: Email
    name: PersonName
    password: Password
    workspace_name: Annotated[str, Field(max_length=200)] = ""


class Login(Request):
    """An address and a password, with a code where the user has a second factor."""

    email: Email
    password: Password
    code: Code = ""


class OwnUser(Answer):
    """Who is logged in."""

    id: str
    email: str
    name: str
    has_password: bool
    has_second_factor: bool
    has_single_sign_on: bool
    created_at: Instant


class OwnWorkspace(Answer):
    """A workspace that the person is in."""

    id: str
    name: str
    role: Role


class CurrentSession(Answer):
    """The session that asks: who, where, and what is allowed there."""

    csrf_token: str = Field(description="To be sent in the header X-CSRF-Token with every change.")
    user: OwnUser
    workspace: OwnWorkspace
    workspaces: list[OwnWorkspace]
    permissions: list[Permission]


class OwnUserChange(Request):
    """What a person may change of themselves."""

    name: PersonName


class WorkspaceChoice(Request):
    """Where to go to work."""

    workspace: Annotated[str, Field(min_length=1, max_length=100)]


class SessionAnswer(Answer):
    """A session of the person who asks."""

    id: str
    client: str = Field(description="What the browser called itself, and where it was.")
    current: bool
    created_at: Instant
    seen_at: Instant
    expires_at: Instant = Field(description="Unless it is used before.")


class Sessions(Answer):
    """All sessions of the person who asks."""

    items: list[SessionAnswer]


class SessionsEnded(Answer):
    """What came of it."""

    ended: int


class PasswordChange(Request):
    """The password of now, and the one from now on."""

    password: Password
    new_password: Password


class PasswordResetRequest(Request):
    """Whose password is forgotten."""

    email: Email


class PasswordReset(Request):
    """The token of a reset link, and the new password."""

    token: Token
    password: Password


class PasswordProof(Request):
    """The password once more."""

    password: Password


class SecondFactor(Answer):
    """The second factor of the person who asks."""

    in_force: bool
    recovery_codes_left: int


class EnrolmentAnswer(Answer):
    """What an authenticator app needs."""

    secret: str
    uri: str = Field(description="otpauth://…, to be shown as a QR code.")


class FirstCode(Request):
    """The code that the app shows."""

    code: Annotated[str, Field(min_length=6, max_length=20)]


class RecoveryCodes(Answer):
    """Each stands in for one code, once. They are shown only now."""

    recovery_codes: list[str]


class SingleSignOnBegin(Request):
    """A login at the identity provider."""

    invitation: Annotated[str, Field(max_length=200)] = Field(
        default="", description="The token of an invitation that is accepted at the end."
    )


class SingleSignOnBegun(Answer):
    """Where to send the browser."""

    url: str
