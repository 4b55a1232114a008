"""What strangers need to join a list: a form, and the page on which they confirm. Public, and not below /api/v1.

Every request to join gets the same answer, whoever is on the list; what follows from it happens after the answer.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import BackgroundTasks, Form
from fastapi.responses import HTMLResponse

from paceline.api.asked import Address, Open
from paceline.api.pages import button, masked, page, paragraph, question
from paceline.api.routing import Access, Routes
from paceline.content.links import CONFIRM_PATH, SUBSCRIBE_PATH
from paceline.domain.errors import InputError
from paceline.operations.audience import subscribing
from paceline.operations.context import Context, NotFound

routes = Routes(tag="subscribing", prefix="")

_FORM, _CONFIRM = f"{SUBSCRIBE_PATH}{{list_id}}", f"{CONFIRM_PATH}{{token}}"
_TRAP = "website"
_HTML: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page", **_HTML},
    404: {"description": "There is no such list or link", **_HTML},
    422: {"description": "The request is not one of ours", "content": {**_HTML["content"], **_PROBLEM["content"]}},
    503: {"description": "The database does not answer; try again", **_PROBLEM},
}


@routes.get(_FORM, permission=Access.PUBLIC, response_class=HTMLResponse, responses=_ANSWERS)
def show_subscribe_page(list_id: str, context: Open) -> HTMLResponse:
    """The form by which people join a list that has a confirmation template."""
    try:
        return _form(context, list_id)
    except NotFound:
        return _no_such_list()


@routes.post(_FORM, permission=Access.PUBLIC, response_class=HTMLResponse, responses=_ANSWERS)
def ask_to_subscribe(
    list_id: str,
    context: Open,
    address: Address,
    afterwards: BackgroundTasks,
    email: Annotated[str, Form(max_length=320)] = "",
    website: Annotated[str, Form(max_length=1000)] = "",
) -> HTMLResponse:
    """Ask to join a list: a mail to confirm it goes to the address. The answer is the same whoever is on the list."""
    try:
        given = subscribing.count_request(context, list_id, email, network_address=address)
    except NotFound:
        return _no_such_list()
    except InputError as error:
        return _form(context, list_id, problem=error.problems[0].message)
    if not website:  # what people do not see, programs fill in
        afterwards.add_task(subscribing.send_confirmation, context, list_id, given)
    return page(
        "One more step",
        paragraph("If this address can join, a mail is on its way to it. Please open the link in it to confirm."),
        paragraph(
            "No mail? Look into the folder for spam. Another one is sent after a quarter of an hour at the earliest."
        ),
    )


@routes.get(_CONFIRM, permission=Access.TOKEN, response_class=HTMLResponse, responses=_ANSWERS)
def show_confirmation_page(token: str, context: Open) -> HTMLResponse:
    """The page on which people confirm that they want to be on a list; looking at it changes nothing."""
    found = subscribing.find_confirmation(context, token)
    if found is None:
        return _no_such_link()
    return page(
        f"Join {found.list_name}?",
        paragraph(f"{masked(found.address)} was entered for this list. If that was not you, close this page."),
        button("Yes, I want this", action="confirm"),
    )


@routes.head(_CONFIRM, permission=Access.TOKEN, response_class=HTMLResponse, responses=_ANSWERS)
def look_at_confirmation_page(token: str, context: Open) -> HTMLResponse:
    """The same, asked by a program that only looks."""
    return show_confirmation_page(token, context)


@routes.post(_CONFIRM, permission=Access.TOKEN, response_class=HTMLResponse, responses=_ANSWERS)
def confirm_by_link(token: str, context: Open, action: Annotated[str, Form(max_length=100)] = "") -> HTMLResponse:
    """Confirm: from now on the address is on the list. A second time it changes nothing."""
    if action != "confirm":
        return show_confirmation_page(token, context)
    found = subscribing.confirm(context, token)
    if found is None:
        return _no_such_link()
    return page(
        "You are on the list",
        paragraph(f"{masked(found.address)} gets {found.list_name} from now on. Every mail says how to leave again."),
    )


def _form(context: Context, list_id: str, *, problem: str = "") -> HTMLResponse:
    found = subscribing.open_list(context, list_id)
    parts = [paragraph(found.description)] if found.description else []
    if problem:
        parts.append(paragraph(f"This address cannot be used: {problem}."))
    parts.append(question("Your e-mail address", "email", "email", "Subscribe", _TRAP))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return page(found.name, *parts, status=status)


def _no_such_list() -> HTMLResponse:
    return page(
        "There is nothing to join here",
        paragraph("The address may have been cut off, or the list is closed."),
        status=HTTPStatus.NOT_FOUND,
    )


def _no_such_link() -> HTMLResponse:
    return page(
        "This link does not work",
        paragraph("It may be older than a week, or have been cut off on the way. Please ask for a new one."),
        status=HTTPStatus.NOT_FOUND,
    )
