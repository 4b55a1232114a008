"""Logging in and out, and the sessions of the person who asks."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response

from paceline.api.asked import Address, Asked, Caller, Open
from paceline.api.guard import SESSION_COOKIE, Guard
from paceline.api.logging_in import begun, client_of, current_session
from paceline.api.routing import Access, Routes
from paceline.api.schemas.sessions import (
    CurrentSession,
    Login,
    LoginWays,
    OwnUserChange,
    SessionAnswer,
    Sessions,
    SessionsEnded,
    Setup,
    WorkspaceChoice,
)
from paceline.operations.people import first_user, logins, own_account, sessions, single_sign_on
from paceline.operations.people.access import by_session
from paceline.operations.people.link_letters import mail_is_set_up

routes = Routes(tag="sessions")


@routes.get("/login-ways", permission=Access.PUBLIC)
def show_login_ways(context: Open) -> LoginWays:
    """How people get in here."""
    return LoginWays(
        single_sign_on=single_sign_on.is_configured(context),
        password_reset=mail_is_set_up(context),
        setup_needed=not first_user.is_there(context),
    )


@routes.post("/setup", permission=Access.PUBLIC, status=HTTPStatus.CREATED)
def set_up(context: Open, address: Address, new: Setup, request: Request, response: Response) -> CurrentSession:
    """Make the first user, with the token of the link that the first start printed, and log in."""
    user_id = first_user.create_first_user(
        context,
        new.token,
        email=new.email,
        name=new.name,
        password=new.password,
        workspace_name=new.workspace_name,
    )
    session = sessions.start(context, user_id, client=client_of(request, address))
    return begun(context, session, response, action="user.first")


@routes.post("/session", permission=Access.PUBLIC, status=HTTPStatus.CREATED)
def log_in(context: Open, address: Address, login: Login, request: Request, response: Response) -> CurrentSession:
    """Log in with a password.

    401 `second-factor-needed`: send the same again with a code. 429: wait as long as Retry-After says.
    """
    session = logins.log_in(
        context,
        email=login.email,
        password=login.password,
        code=login.code,
        network_address=address,
        client=client_of(request, address),
    )
    return begun(context, session, response)


@routes.get("/session", permission=Access.PERSON)
def show_session(asked: Asked, request: Request) -> CurrentSession:
    """Who is logged in, where, and what they may do there."""
    return current_session(asked.context, asked.principal, _token(request))


@routes.patch("/session", permission=Access.PERSON)
def change_own_user(asked: Asked, change: OwnUserChange, request: Request) -> CurrentSession:
    """Change one's own name."""
    own_account.rename(asked.context, _person(asked), change.name)
    asked.audit("user.rename", asked.principal.id)
    return current_session(asked.context, asked.principal, _token(request))


@routes.delete("/session", permission=Access.PERSON)
def log_out(asked: Asked, request: Request, response: Response) -> None:
    """Log out: this session ends."""
    sessions.end_number(asked.context, asked.principal.session_id, user_id=_person(asked))
    _forget(request)
    response.delete_cookie(SESSION_COOKIE, path="/")
    asked.audit("session.end")


@routes.put("/session/workspace", permission=Access.PERSON)
def switch_workspace(asked: Asked, choice: WorkspaceChoice, request: Request) -> CurrentSession:
    """Go to work in another workspace."""
    sessions.switch_workspace(
        asked.context, asked.principal.session_id, user_id=_person(asked), workspace=choice.workspace
    )
    _forget(request)
    principal = by_session(asked.context, _token(request)) or asked.principal
    return current_session(asked.context.in_workspace(principal.workspace_id), principal, _token(request))


@routes.get("/sessions", permission=Access.PERSON)
def list_sessions(asked: Asked) -> Sessions:
    """All sessions of the person who asks, the last used first."""
    found = sessions.of_user(asked.context, _person(asked), current=asked.principal.session_id)
    return Sessions(
        items=[
            SessionAnswer(
                id=one.id,
                client=one.client,
                current=one.current,
                created_at=one.created_at,
                seen_at=one.seen_at,
                expires_at=one.expires_at,
            )
            for one in found
        ]
    )


@routes.post("/sessions/end-others", permission=Access.PERSON)
def end_other_sessions(asked: Asked) -> SessionsEnded:
    """End every session of the person who asks but this one."""
    ended = sessions.end_all(asked.context, _person(asked), but=asked.principal.session_id)
    asked.audit("session.end_others", ended=ended)
    return SessionsEnded(ended=ended)


@routes.delete("/sessions/{session_id}", permission=Access.PERSON)
def end_session(asked: Asked, session_id: str) -> None:
    """End one session of the person who asks."""
    sessions.end(asked.context, session_id, user_id=_person(asked))
    asked.audit("session.end", session_id)


def _person(asked: Caller) -> int:
    assert asked.principal.user_id is not None  # the guard lets only people in here
    return asked.principal.user_id


def _token(request: Request) -> str:
    return request.cookies[SESSION_COOKIE]


def _forget(request: Request) -> None:
    guard: Guard = request.app.state.guard
    guard.forget(_token(request))
