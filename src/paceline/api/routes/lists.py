"""Lists and who is on them over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.lists import ConfirmationAnswer, ListAnswer, ListMembership, ListRequest
from paceline.domain.permission import Permission
from paceline.operations.audience import lists, subscribing
from paceline.operations.audience.lists import ContactList, ListDraft

routes = Routes(tag="lists")


@routes.get("/lists", permission=Permission.CONTACTS_READ)
def list_lists(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[ListAnswer]:
    """Lists in the order of their creation."""
    rows = lists.list_lists(asked.context, limit=limit + 1, after=text_after(cursor))
    return page(rows, limit, position=lambda row: row.id, model=_answer)


@routes.post("/lists", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.CREATED)
def create_list(asked: Asked, new: ListRequest) -> ListAnswer:
    """Create a list."""
    created = lists.create_list(asked.context, _draft(new))
    asked.audit("list.create", created.id, name=created.name, consent=created.consent)
    return _answer(created)


@routes.get("/lists/{list_id}", permission=Permission.CONTACTS_READ)
def get_list(asked: Asked, list_id: str) -> ListAnswer:
    """One list."""
    return _answer(lists.get_list(asked.context, list_id))


@routes.put("/lists/{list_id}", permission=Permission.CONTACTS_WRITE)
def change_list(asked: Asked, list_id: str, changed: ListRequest) -> ListAnswer:
    """Give a list other words."""
    after = lists.change_list(asked.context, list_id, _draft(changed))
    asked.audit("list.change", list_id, name=after.name, consent=after.consent)
    return _answer(after)


@routes.delete("/lists/{list_id}", permission=Permission.CONTACTS_WRITE)
def delete_list(asked: Asked, list_id: str) -> None:
    """Delete a list and its subscriptions; its contacts stay."""
    name = lists.get_list(asked.context, list_id).name
    lists.delete_list(asked.context, list_id)
    asked.audit("list.delete", list_id, name=name)


@routes.put("/lists/{list_id}/contacts/{contact_id}", permission=Permission.CONTACTS_WRITE)
def subscribe(asked: Asked, list_id: str, contact_id: str, how: ListMembership) -> ListAnswer:
    """Put a contact on a list; one that has unsubscribed comes back only explicitly."""
    lists.subscribe(asked.context, list_id, contact_id, explicitly=how.explicitly, source=asked.principal.name)
    asked.audit("list.subscribe", list_id, contact=contact_id, explicitly=how.explicitly)
    return _answer(lists.get_list(asked.context, list_id))


@routes.delete("/lists/{list_id}/contacts/{contact_id}", permission=Permission.CONTACTS_WRITE)
def unsubscribe(asked: Asked, list_id: str, contact_id: str) -> None:
    """Take a contact off a list, and remember that it has left."""
    lists.unsubscribe(asked.context, list_id, contact_id, source=asked.principal.name)
    asked.audit("list.unsubscribe", list_id, contact=contact_id)


@routes.post("/lists/{list_id}/contacts/{contact_id}/confirmation", permission=Permission.CONTACTS_WRITE)
def ask_to_confirm(asked: Asked, list_id: str, contact_id: str) -> ConfirmationAnswer:
    """Send an unconfirmed contact the mail that asks to confirm; needs messages:send as well."""
    asked.require_for(contact_id, Permission.MESSAGES_SEND)
    sent = subscribing.ask_to_confirm(asked.context, list_id, contact_id)
    asked.audit("list.ask", list_id, contact=contact_id, sent=sent)
    return ConfirmationAnswer(sent=sent)


def _draft(asked_for: ListRequest) -> ListDraft:
    return ListDraft(
        name=asked_for.name,
        description=asked_for.description,
        consent=asked_for.consent,
        double_opt_in=asked_for.double_opt_in,
        confirmation_template=asked_for.confirmation_template,
    )


def _answer(found: ContactList) -> ListAnswer:
    return ListAnswer.model_validate(found, from_attributes=True)
