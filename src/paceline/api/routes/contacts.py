"""Contacts over HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, encode_cursor, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.contacts import (
    ContactAnswer,
    ContactRequest,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    SubscriptionStateName,
    TimelineEntry,
)
from paceline.domain.contact import LONGEST_FIELD_NAME
from paceline.domain.permission import Permission
from paceline.operations.audience import contacts, timeline
from paceline.operations.audience.contacts import ContactDraft, ContactQuery, ContactView

routes = Routes(tag="contacts")


@routes.get("/contacts", permission=Permission.CONTACTS_READ)
def list_contacts(
    asked: Asked,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
    email_prefix: Annotated[str | None, Query(min_length=1, max_length=320)] = None,
    field: Annotated[str | None, Query(min_length=1, max_length=LONGEST_FIELD_NAME)] = None,
    value: Annotated[str, Query(max_length=1_000, description="What the field holds.")] = "",
    list_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[SubscriptionStateName | None, Query(description="Only with list_id.")] = None,
) -> Page[ContactAnswer]:
    """Contacts in the order of their creation, or of their address with a prefix.

    A search by field looks through the contacts for half a second at most: a page may be short, or empty, and still have
    a next one.
    """
    query = ContactQuery(email_prefix=email_prefix, field=field, field_value=value, list_id=list_id, state=state)
    found = contacts.find_contacts(asked.context, query, limit=limit, after=text_after(cursor))
    following = None if found.next_after is None else encode_cursor(found.next_after)
    return Page(items=[_answer(contact) for contact in found.contacts], next_cursor=following)


@routes.post("/contacts", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.CREATED)
def create_contact(asked: Asked, new: ContactRequest) -> ContactAnswer:
    """Create a contact."""
    return _answer(contacts.create_contact(asked.context, _draft(new), asked.note("contact.create")))


@routes.get("/contacts/{contact_id}", permission=Permission.CONTACTS_READ)
def get_contact(asked: Asked, contact_id: str) -> ContactAnswer:
    """One contact."""
    return _answer(contacts.get_contact(asked.context, contact_id))


@routes.put("/contacts/{contact_id}", permission=Permission.CONTACTS_WRITE)
def change_contact(asked: Asked, contact_id: str, changed: ContactRequest) -> ContactAnswer:
    """Give a contact exactly these addresses and fields."""
    return _answer(contacts.change_contact(asked.context, contact_id, _draft(changed), asked.note("contact.change")))


@routes.delete("/contacts/{contact_id}", permission=Permission.CONTACTS_WRITE)
def delete_contact(asked: Asked, contact_id: str) -> None:
    """Forget a contact, its subscriptions and its activity."""
    contacts.delete_contact(asked.context, contact_id, asked.note("contact.delete"))


@routes.get("/contacts/{contact_id}/subscriptions", permission=Permission.CONTACTS_READ)
def list_subscriptions(asked: Asked, contact_id: str) -> SubscriptionsAnswer:
    """Every list that a contact is or was on."""
    return SubscriptionsAnswer(
        items=[
            SubscriptionAnswer.model_validate(row, from_attributes=True)
            for row in contacts.subscriptions_of(asked.context, contact_id)
        ]
    )


@routes.get("/contacts/{contact_id}/timeline", permission=Permission.CONTACTS_READ)
def contact_timeline(
    asked: Asked, contact_id: str, limit: Limit = USUAL_LIMIT, cursor: Cursor = None
) -> Page[TimelineEntry]:
    """What happened to the messages of a contact, newest first; needs campaigns:read as well."""
    asked.require_for(contact_id, Permission.CAMPAIGNS_READ)
    found = timeline.page(asked.context.for_reports(), contact_id, text_after(cursor), limit + 1)
    return page(found, limit, position=lambda one: one[0], model=lambda one: TimelineEntry(**one[1]))


def _draft(asked_for: ContactRequest) -> ContactDraft:
    return ContactDraft(email=asked_for.email, phone=asked_for.phone, fields=asked_for.fields)


def _answer(contact: ContactView) -> ContactAnswer:
    return ContactAnswer.model_validate(contact, from_attributes=True)
