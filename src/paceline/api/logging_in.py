"""From a session that has just begun to an answer: its cookie, and what its person sees."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response

from paceline.api.guard import SESSION_COOKIE, csrf_token
from paceline.api.problems import ApiProblem
from paceline.api.schemas.sessions import CurrentSession, OwnUser, OwnWorkspace
from paceline.operations.auditing import record
from paceline.operations.context import Context
from paceline.operations.people import workspaces
from paceline.operations.people.access import SESSION_LONGEST_SECONDS, Principal, by_session
from paceline.operations.people.own_account import own_account
from paceline.operations.people.sessions import NewSession


def client_of(request: Request, address: str) -> str:
    """How a session's client is called in the list of sessions."""
    return f"{request.headers.get('user-agent', 'unknown')} at {address or 'an unknown address'}"


def begun(context: Context, new: NewSession, response: Response, *, action: str = "session.start") -> CurrentSession:
    """Give the browser its cookie, put the login on record, and say what the person sees."""
    set_session_cookie(context, response, new.token)
    principal = by_session(context, new.token)
    if principal is None:
        raise _gone()
    context = context.in_workspace(principal.workspace_id)
    record(context, principal, action, new.id, {})
    return current_session(context, principal, new.token)


def current_session(context: Context, principal: Principal, token: str) -> CurrentSession:
    """What a session is and may do."""
    if principal.user_id is None:
        raise _gone()
    user = own_account(context, principal.user_id)
    theirs = [
        OwnWorkspace(id=one.id, name=one.name, role=one.role) for one in workspaces.of_user(context, principal.user_id)
    ]
    here = workspaces.workspace(context).id
    workspace = next((one for one in theirs if one.id == here), None)
    if workspace is None:
        raise _gone()
    return CurrentSession(
        csrf_token=csrf_token(token),
        user=OwnUser(
            id=user.id,
            email=user.email,
            name=user.name,
            has_password=user.has_password,
            has_second_factor=user.has_second_factor,
            has_single_sign_on=user.has_single_sign_on,
            created_at=user.created_at,
        ),
        workspace=workspace,
        workspaces=theirs,
        permissions=sorted(principal.permissions),
    )


def set_session_cookie(context: Context, response: Response, token: str) -> None:
    """The cookie of a session: not for scripts, not for requests from elsewhere, not in the clear where there is TLS."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LONGEST_SECONDS),
        path="/",
        secure=is_secure(context),
        httponly=True,
        samesite="lax",
    )


def is_secure(context: Context) -> bool:
    """Whether people reach this installation over TLS."""
    return context.settings.public_url.startswith("https://")


def _gone() -> ApiProblem:
    return ApiProblem(HTTPStatus.UNAUTHORIZED, "not-logged-in", "this session has ended: log in again")
