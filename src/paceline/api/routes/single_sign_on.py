"""Single sign-on over HTTP: away to the identity provider and back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from paceline.api.asked import Address, Open
from paceline.api.logging_in import begun, client_of, is_secure
from paceline.api.routing import Access, Routes
from paceline.api.schemas.sessions import SingleSignOnBegin, SingleSignOnBegun
from paceline.operations.people import single_sign_on
from paceline.operations.people.logins import LoginRefused

routes = Routes(tag="sessions")

_TICKET_COOKIE = "paceline_single_sign_on"
_Text = Annotated[str, Query(max_length=4000)]


@routes.post("/single-sign-on", permission=Access.PUBLIC)
def begin_single_sign_on(context: Open, begin: SingleSignOnBegin, response: Response) -> SingleSignOnBegun:
    """Begin a login at the identity provider: send the browser to the URL of the answer."""
    departure = single_sign_on.begin(context, invitation=begin.invitation)
    response.set_cookie(
        _TICKET_COOKIE,
        departure.ticket,
        max_age=int(single_sign_on.TICKET_SECONDS),
        path=single_sign_on.CALLBACK_PATH,
        secure=is_secure(context),
        httponly=True,
        samesite="lax",
    )
    return SingleSignOnBegun(url=departure.url)


@routes.get(
    "/single-sign-on/callback",
    permission=Access.PUBLIC,
    response_class=RedirectResponse,
    status=HTTPStatus.SEE_OTHER,
    responses={HTTPStatus.SEE_OTHER.value: {"description": "Logged in; on to the first page."}},
)
def finish_single_sign_on(
    context: Open, address: Address, request: Request, state: _Text = "", code: _Text = "", error: _Text = ""
) -> RedirectResponse:
    """Come back from the identity provider, which sends the browser here."""
    if error or not code:
        raise LoginRefused(f"the identity provider did not log you in: {error or 'it sent no code'}"[:300])
    session = single_sign_on.finish(
        context,
        ticket=request.cookies.get(_TICKET_COOKIE, ""),
        state=state,
        code=code,
        client=client_of(request, address),
    )
    response = RedirectResponse(f"{context.settings.public_url}/", HTTPStatus.SEE_OTHER)
    begun(context, session, response)
    response.delete_cookie(_TICKET_COOKIE, path=single_sign_on.CALLBACK_PATH)
    return response
