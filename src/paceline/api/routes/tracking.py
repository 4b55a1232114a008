"""What mail programs and recipients ask for: pixels, tracked links, unsubscribing. Public, and not below /api/v1.

A token in the path says what a request is about. A GET or HEAD changes nothing but statistics.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from paceline.api.pages import button, checkboxes, masked, page, paragraph, preformatted
from paceline.api.problems import ApiProblem
from paceline.api.routing import Access, Routes
from paceline.api.tracking import Tracking, as_request, tracking_of
from paceline.content.links import CLICK_PATH, OPEN_PATH, PREFERENCES_PATH, UNSUBSCRIBE_PATH, VIEW_PATH
from paceline.domain.fact import FactKind
from paceline.domain.tokens import Purpose, Token
from paceline.operations.audience import preferences
from paceline.tracking import opens, unsubscribes
from paceline.tracking.unsubscribes import Recipient, Way

routes = Routes(tag="tracking", prefix="")

ONE_CLICK = "One-Click"
_MOST_LISTS = 500

_OPEN, _CLICK, _UNSUBSCRIBE, _VIEW, _PREFERENCES = (
    f"{path}{{token}}" for path in (OPEN_PATH, CLICK_PATH, UNSUBSCRIBE_PATH, VIEW_PATH, PREFERENCES_PATH)
)
_VIEW_HEADERS = {
    # What the author of a message wrote is shown here as mail programs show it: without scripts, forms and frames.
    "Content-Security-Policy": "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; "
    "font-src https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
    "X-Robots-Tag": "noindex, nofollow",
}
_NOT_FOUND: dict[str, Any] = {"description": "The link is not genuine, or leads nowhere any more"}
_HTML: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_ANY_ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {"description": "The request is not one of ours", **_PROBLEM},
    503: {"description": "The database does not answer; try again", **_PROBLEM},
}
_PIXEL_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "One transparent pixel", "content": {"image/gif": {}}},
    404: {**_NOT_FOUND, **_PROBLEM},
    **_ANY_ANSWERS,
}
_LINK_ANSWERS: dict[int | str, dict[str, Any]] = {
    302: {"description": "The way to where the link leads"},
    404: {**_NOT_FOUND, **_HTML},
    **_ANY_ANSWERS,
}
_PAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page", **_HTML},
    404: {**_NOT_FOUND, **_HTML},
    **_ANY_ANSWERS,
}


def _open(token: str, request: Request) -> Response:
    tracking = tracking_of(request)
    if not opens.opened(tracking.tokens, tracking.recorder, token, as_request(request, opens.KIND)):
        raise ApiProblem(HTTPStatus.NOT_FOUND, "not-found", "this link is not genuine")
    return Response(opens.PIXEL, media_type="image/gif")


@routes.get(_OPEN, permission=Access.TOKEN, response_class=Response, responses=_PIXEL_ANSWERS)
async def open_pixel(token: str, request: Request) -> Response:
    """The pixel of a message: somebody, or something, has opened it."""
    return _open(token, request)


@routes.head(_OPEN, permission=Access.TOKEN, response_class=Response, responses=_PIXEL_ANSWERS)
async def look_at_pixel(token: str, request: Request) -> Response:
    """The same without the picture: only programs ask so."""
    return _open(token, request)


async def _follow(token: str, request: Request) -> Response:
    tracking = tracking_of(request)
    genuine = tracking.tokens.read(token, Purpose.CLICK)
    if genuine is None:
        return _no_such_link()
    target = tracking.targets.at_once(genuine) or await run_in_threadpool(tracking.targets.look_up, genuine)
    if target is None:
        return _no_such_link()
    tracking.recorder.saw(genuine, as_request(request, FactKind.CLICKED))
    return RedirectResponse(target, HTTPStatus.FOUND)


@routes.get(
    _CLICK, permission=Access.TOKEN, response_class=RedirectResponse, responses=_LINK_ANSWERS, status=HTTPStatus.FOUND
)
async def follow_link(token: str, request: Request) -> Response:
    """A tracked link: leads to where the link of the message led."""
    return await _follow(token, request)


@routes.head(
    _CLICK, permission=Access.TOKEN, response_class=RedirectResponse, responses=_LINK_ANSWERS, status=HTTPStatus.FOUND
)
async def look_at_link(token: str, request: Request) -> Response:
    """The same, asked by a program that only looks."""
    return await _follow(token, request)


@routes.get(_VIEW, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def view_in_browser(token: str, request: Request) -> HTMLResponse:
    """A message as its recipient got it, for whose mail program does not show it well."""
    tracking = tracking_of(request)
    genuine = tracking.tokens.read(token, Purpose.VIEW)
    view = None if genuine is None else tracking.views.show(genuine)
    if view is None:
        return _no_such_link()
    if view.html is None:
        return page(view.subject, preformatted(view.text))
    return HTMLResponse(view.html, headers=_VIEW_HEADERS)


@routes.head(_VIEW, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def look_at_view(token: str, request: Request) -> HTMLResponse:
    """The same, asked by a program that only looks."""
    return view_in_browser(token, request)


@routes.get(_PREFERENCES, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def show_preferences(token: str, request: Request) -> HTMLResponse:
    """The page on which people choose their lists; looking at it changes nothing."""
    return _page_of(tracking_of(request), token, Purpose.PREFERENCES)


@routes.head(_PREFERENCES, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def look_at_preferences(token: str, request: Request) -> HTMLResponse:
    """The same, asked by a program that only looks."""
    return show_preferences(token, request)


@routes.post(_PREFERENCES, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def choose_preferences(
    token: str,
    request: Request,
    action: Annotated[str, Form(max_length=100)] = "",
    chosen: Annotated[list[str], Form(alias="list", max_length=_MOST_LISTS)] = [],  # noqa: B006  # FastAPI's own way
) -> HTMLResponse:
    """Choose lists, unsubscribe from everything, or come back. A second time it changes nothing."""
    tracking = tracking_of(request)
    genuine, recipient = _recipient(tracking, token, Purpose.PREFERENCES)
    if genuine is not None and recipient is not None:
        _act(tracking, genuine, action, chosen)
    return _page_of(tracking, token, Purpose.PREFERENCES)


@routes.get(_UNSUBSCRIBE, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def show_unsubscribe_page(token: str, request: Request) -> HTMLResponse:
    """The page on which people unsubscribe; looking at it changes nothing."""
    return _page_of(tracking_of(request), token, Purpose.UNSUBSCRIBE)


@routes.head(_UNSUBSCRIBE, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def look_at_unsubscribe_page(token: str, request: Request) -> HTMLResponse:
    """The same, asked by a program that only looks."""
    return show_unsubscribe_page(token, request)


@routes.post(_UNSUBSCRIBE, permission=Access.TOKEN, response_class=HTMLResponse, responses=_PAGE_ANSWERS)
def unsubscribe_by_link(
    token: str,
    request: Request,
    one_click: Annotated[str, Form(alias="List-Unsubscribe", max_length=100)] = "",
    action: Annotated[str, Form(max_length=100)] = "",
    chosen: Annotated[list[str], Form(alias="list", max_length=_MOST_LISTS)] = [],  # noqa: B006  # FastAPI's own way
) -> HTMLResponse:
    """Unsubscribe: at once and without a question, by a mail program's button (RFC 8058) or on the page; or undo it.

    A second time it changes nothing. Works without cookies.
    """
    tracking = tracking_of(request)
    genuine, recipient = _recipient(tracking, token, Purpose.UNSUBSCRIBE)
    if genuine is not None and recipient is not None:
        if one_click == ONE_CLICK:
            unsubscribes.unsubscribe(tracking.queue, genuine, Way.ONE_CLICK, now=tracking.now())
        else:
            _act(tracking, genuine, action, chosen)
    return _page_of(tracking, token, Purpose.UNSUBSCRIBE)


def _act(tracking: Tracking, token: Token, action: str, chosen: list[str]) -> None:
    """What somebody has asked for on a page."""
    if action == "unsubscribe":
        unsubscribes.unsubscribe(tracking.queue, token, Way.PAGE, now=tracking.now())
    elif action == "resubscribe":
        unsubscribes.resubscribe(tracking.queue, token, now=tracking.now())
    elif action == "choose":
        preferences.choose(tracking.context, token, set(chosen))


def _page_of(tracking: Tracking, text: str, purpose: Purpose) -> HTMLResponse:
    token, recipient = _recipient(tracking, text, purpose)
    return _no_such_link() if token is None or recipient is None else _standing(tracking, token, recipient, purpose)


def _recipient(tracking: Tracking, text: str, purpose: Purpose) -> tuple[Token | None, Recipient | None]:
    token = tracking.tokens.read(text, purpose)
    return token, None if token is None else unsubscribes.find(tracking.queue, token, now=tracking.now())


def _lists(tracking: Tracking, token: Token) -> list[str]:
    """The choice of lists, for who is on any."""
    choices = preferences.choices(tracking.context, token)
    boxes = [(choice.id, choice.name, choice.subscribed) for choice in choices]
    return [checkboxes("What you get from us", "Save", "list", boxes, action="choose")] if boxes else []


def _standing(tracking: Tracking, token: Token, recipient: Recipient, purpose: Purpose) -> HTMLResponse:
    """How things stand, and what can be done about it."""
    if recipient is unsubscribes.TEST:
        return page("A test message", paragraph("This link belongs to a test: there is nothing to unsubscribe from."))
    who = masked(recipient.address)
    if recipient.suppressed_because is None:
        lists = _lists(tracking, token)
        if purpose is Purpose.PREFERENCES:
            leave = button("Unsubscribe from everything", action="unsubscribe")
            return page("What you get from us", paragraph(f"This is about {who}."), *lists, leave)
        return page(
            "Unsubscribe",
            paragraph(f"{who} gets our mail. If you do not want it any more, one click is enough."),
            button("Unsubscribe from everything" if lists else "Unsubscribe", action="unsubscribe"),
            *lists,
        )
    if recipient.is_unsubscribed:
        return page(
            "You are unsubscribed",
            paragraph(f"{who} gets no more mail from us. This took effect at once."),
            paragraph("Was it a mistake?"),
            button("Subscribe again", action="resubscribe"),
        )
    return page("No mail from us", paragraph(f"{who} gets no mail from us. There is nothing more to do."))


def _no_such_link() -> HTMLResponse:
    return page(
        "This link does not work",
        paragraph("It may have been cut off or changed on the way. Please open it from the message itself."),
        status=HTTPStatus.NOT_FOUND,
    )
