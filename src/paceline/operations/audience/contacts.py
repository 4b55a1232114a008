"""Contacts: create, read, change, delete, search, and the lists that they are on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from paceline.domain.address import address_key, parse_address
from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES, check_fields, parse_phone
from paceline.domain.errors import InputError, Problem
from paceline.operations.audience import privacy
from paceline.operations.audience.lists import contact_number, list_number
from paceline.operations.auditing import Note, unnoted
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.catalogue import contacts, lists, subscriptions
from paceline.store.catalogue.contacts import ContactFilter, ContactRow
from paceline.store.public_ids import IdKind

_SEARCHED_AT_ONCE = 20_000
_SEARCH_SECONDS = 0.5
_STATES = {name: state for state, name in PUBLIC_SUBSCRIPTION_STATES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """What a person may say about a contact; one of the two addresses at least."""

    email: str | None = None
    phone: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """A contact as people see it."""

    id: str
    email: str | None
    phone: str | None
    fields: dict[str, str]
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuery:
    """Which contacts are wanted; what is None does not narrow them."""

    email_prefix: str | None = None
    field: str | None = None
    field_value: str = ""
    list_id: str | None = None
    state: str | None = None
    """unconfirmed, confirmed or unsubscribed; only with ``list_id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage:
    """Some contacts, and where the search goes on; a page may be short, or empty, and still not be the last one."""

    contacts: list[ContactView]
    next_after: str | None
    """None: there are no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A contact's place on a list."""

    list_id: str
    list_name: str
    state: str
    source: str
    at: float


def create_contact(context: Context, draft: ContactDraft, note: Note = unnoted) -> ContactView:
    """Create a contact. Raises InputError, NotPossible when an address is another contact's, or was erased."""
    draft = _checked(draft)
    privacy.require_not_erased(context, draft.email, draft.phone)
    now = context.clock.now()
    with context.catalogue.write() as connection:
        number = contacts.create(
            connection,
            workspace_id=context.workspace_id,
            email=draft.email,
            phone=draft.phone,
            fields=draft.fields,
            now=now,
        )
        if number is None:
            raise NotPossible(_taken(draft))
        note(connection, context.ids.encode(IdKind.CONTACT, number))
    row = ContactRow(
        id=number, email=draft.email, phone=draft.phone, fields=dict(draft.fields), created_at=now, updated_at=now
    )
    return _view(context, row)


def get_contact(context: Context, contact_id: str) -> ContactView:
    """The contact of this public id. Raises NotFound."""
    number = contact_number(context, contact_id)
    with context.catalogue.read() as connection:
        row = contacts.get(connection, context.catalogue, number, workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"there is no contact {contact_id}")
    return _view(context, row)


def change_contact(context: Context, contact_id: str, draft: ContactDraft, note: Note = unnoted) -> ContactView:
    """Give a contact these addresses and exactly these fields.

    Raises NotFound, InputError, NotPossible when one of the addresses is another contact's.
    """
    get_contact(context, contact_id)
    draft = _checked(draft)
    privacy.require_not_erased(context, draft.email, draft.phone)
    number = contact_number(context, contact_id)
    workspace_id = context.workspace_id
    with context.catalogue.write() as connection:
        if contacts.get(connection, context.catalogue, number, workspace_id=workspace_id, to_change=True) is None:
            raise NotFound(f"there is no contact {contact_id}")
        owners = contacts.owners_of(connection, workspace_id=workspace_id, email=draft.email, phone=draft.phone)
        if owners - {number}:
            raise NotPossible(_taken(draft))
        contacts.change(
            connection,
            number,
            workspace_id=workspace_id,
            email=draft.email,
            phone=draft.phone,
            fields=draft.fields,
            now=context.clock.now(),
        )
        note(connection, contact_id)
    return get_contact(context, contact_id)


def delete_contact(context: Context, contact_id: str, note: Note = unnoted) -> None:
    """Forget a contact, its subscriptions and its activity. Raises NotFound."""
    number = contact_number(context, contact_id)
    workspace_id = context.workspace_id
    with context.catalogue.write() as connection:
        if contacts.get(connection, context.catalogue, number, workspace_id=workspace_id, to_change=True) is None:
            raise NotFound(f"there is no contact {contact_id}")
        subscriptions.forget_contact(connection, number)
        contacts.delete(connection, number, workspace_id=workspace_id)
        note(connection, contact_id)


def find_contacts(context: Context, query: ContactQuery, *, limit: int, after: str | None = None) -> ContactPage:
    """A page of contacts after the one with the public id ``after``: in order of creation, or of address with a prefix.

    A field is looked for in slices, and no longer than half a second: the page says where to go on. Raises NotFound,
    InputError for an unknown state.
    """
    wanted = _filter(context, query)
    number = None if after is None else contact_number(context, after)
    if wanted.field is None or wanted.email_prefix:
        return _page(context, _read(context, wanted, limit + 1, number, None), limit)
    return _search(context, wanted, limit, number or 0)


def subscriptions_of(context: Context, contact_id: str) -> list[Subscription]:
    """Every list that a contact is or was on. Raises NotFound."""
    get_contact(context, contact_id)
    with context.catalogue.read() as connection:
        rows = subscriptions.of_contact(connection, contact_number(context, contact_id))
    return [
        Subscription(
            list_id=context.ids.encode(IdKind.LIST, row.list_id),
            list_name=row.list_name,
            state=PUBLIC_SUBSCRIPTION_STATES[row.state],
            source=row.source,
            at=row.at,
        )
        for row in rows
    ]


def subscription_state(name: str) -> int:
    """The number of a state as the database keeps it. Raises InputError."""
    if name not in _STATES:
        message = f"accepts {', '.join(_STATES)}, got {name!r}"
        raise InputError([Problem(file="contacts", field="state", message=message)])
    return int(_STATES[name])


def _search(context: Context, wanted: ContactFilter, limit: int, after: int) -> ContactPage:
    """Look at slice after slice, each in a short transaction of its own."""
    deadline = time.monotonic() + _SEARCH_SECONDS
    with context.catalogue.read() as connection:
        last = contacts.last_number(connection, workspace_id=context.workspace_id)
    found: list[ContactRow] = []
    while after < last and len(found) <= limit:
        until = after + _SEARCHED_AT_ONCE
        found += _read(context, wanted, limit + 1 - len(found), after, until)
        after = until
        if time.monotonic() > deadline:
            break
    if len(found) > limit or after >= last:
        return _page(context, found, limit)
    views = [_view(context, row) for row in found]
    return ContactPage(contacts=views, next_after=context.ids.encode(IdKind.CONTACT, after))


def _read(
    context: Context, wanted: ContactFilter, limit: int, after: int | None, until: int | None
) -> list[ContactRow]:
    with context.catalogue.read() as connection:
        return contacts.listing(
            connection,
            context.catalogue,
            wanted,
            workspace_id=context.workspace_id,
            limit=limit,
            after=after,
            until=until,
        )


def _page(context: Context, rows: list[ContactRow], limit: int) -> ContactPage:
    views = [_view(context, row) for row in rows[:limit]]
    return ContactPage(contacts=views, next_after=views[-1].id if len(rows) > limit else None)


def _filter(context: Context, query: ContactQuery) -> ContactFilter:
    list_id = None
    if query.list_id is not None:
        list_id = list_number(context, query.list_id)
        with context.catalogue.read() as connection:
            if lists.get(connection, list_id, workspace_id=context.workspace_id) is None:
                raise NotFound(f"there is no list {query.list_id}")
    return ContactFilter(
        email_prefix=address_key(query.email_prefix.strip()) if query.email_prefix else None,
        field=query.field,
        field_value=query.field_value,
        list_id=list_id,
        state=None if query.state is None else subscription_state(query.state),
    )


def _checked(draft: ContactDraft) -> ContactDraft:
    problems = []
    email = phone = None
    for name, words, parse in (("email", draft.email, parse_address), ("phone", draft.phone, parse_phone)):
        if words is None:
            continue
        try:
            email, phone = (parse(words), phone) if name == "email" else (email, parse(words))
        except ValueError as error:
            problems.append(Problem(file="contact", field=name, message=str(error)))
    if draft.email is None and draft.phone is None:
        problems.append(
            Problem(file="contact", field="email", message="a contact has an e-mail address or a phone number")
        )
    problem = check_fields(draft.fields)
    if problem:
        problems.append(Problem(file="contact", field="fields", message=problem))
    if problems:
        raise InputError(problems)
    return ContactDraft(email=email, phone=phone, fields=dict(draft.fields))


def _taken(draft: ContactDraft) -> str:
    addresses = " or ".join(address for address in (draft.email, draft.phone) if address)
    return f"there is a contact with {addresses} already"


def _view(context: Context, row: ContactRow) -> ContactView:
    return ContactView(
        id=context.ids.encode(IdKind.CONTACT, row.id),
        email=row.email,
        phone=row.phone,
        fields=row.fields,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
