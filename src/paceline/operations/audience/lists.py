"""Lists: create, read, change, delete; who is on them, and why they may be written to."""

from __future__ import annotations

import json
from dataclasses import dataclass

from paceline.domain.contact import SubscriptionMove, SubscriptionState, entry_move
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaigns.templates import row_of
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.catalogue import contacts, lists, subscriptions
from paceline.store.catalogue.lists import ListRow
from paceline.store.public_ids import IdKind

LONGEST_LIST_NAME = 200

CONFIRM_URL = "confirm_url"
"""The field of a confirmation mail that holds its link."""

_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """A list as people see it."""

    id: str
    name: str
    description: str
    consent: str | None
    """None: no consent on record."""
    double_opt_in: bool
    confirmation_template: str | None
    """Set: people may join by themselves, and get this mail to confirm it."""
    confirmed: int
    unconfirmed: int
    unsubscribed: int
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDraft:
    """What a person may say about a list."""

    name: str
    description: str = ""
    consent: str | None = None
    double_opt_in: bool = False
    confirmation_template: str | None = None


def create_list(context: Context, draft: ListDraft) -> ContactList:
    """Create a list. Raises InputError, NotPossible when there is one of this name."""
    draft, template = _checked(draft), _template(context, draft)
    with context.catalogue.write() as connection:
        number = lists.create(
            connection,
            workspace_id=context.workspace_id,
            name=draft.name,
            description=draft.description,
            consent=draft.consent,
            double_opt_in=draft.double_opt_in,
            confirmation_template_id=template,
            now=context.clock.now(),
        )
    if number is None:
        raise NotPossible(f"there is a list {draft.name!r} already")
    return get_list(context, context.ids.encode(IdKind.LIST, number))


def get_list(context: Context, list_id: str) -> ContactList:
    """The list of this public id. Raises NotFound."""
    return _list(context, _get(context, list_id))


def list_lists(context: Context, *, limit: int, after: str | None = None) -> list[ContactList]:
    """Up to ``limit`` lists in the order of their creation; ``after`` is the last one that was seen. Raises NotFound."""
    number = 0 if after is None else list_number(context, after)
    with context.catalogue.read() as connection:
        rows = lists.listing(connection, workspace_id=context.workspace_id, limit=limit, after=number)
    return [_list(context, row) for row in rows]


def change_list(context: Context, list_id: str, draft: ListDraft) -> ContactList:
    """Give a list other words. Raises NotFound, InputError, NotPossible when another list has the name."""
    number = _get(context, list_id).id
    draft, template = _checked(draft), _template(context, draft)
    with context.catalogue.write() as connection:
        if lists.get(connection, number, workspace_id=context.workspace_id) is None:
            raise NotFound(f"there is no list {list_id}")
        other = lists.find(connection, draft.name, workspace_id=context.workspace_id)
        if other is not None and other.id != number:
            raise NotPossible(f"there is a list {draft.name!r} already")
        lists.change(
            connection,
            number,
            workspace_id=context.workspace_id,
            name=draft.name,
            description=draft.description,
            consent=draft.consent,
            double_opt_in=draft.double_opt_in,
            confirmation_template_id=template,
        )
    return get_list(context, list_id)


def delete_list(context: Context, list_id: str) -> None:
    """Delete a list and its subscriptions; its contacts stay. Interrupted, it can be called again. Raises NotFound."""
    number = _get(context, list_id).id
    left = True
    while left:
        with context.catalogue.write() as connection:
            left = subscriptions.forget_some(connection, number, limit=_FORGOTTEN_AT_ONCE)
            if not left:
                lists.delete(connection, number, workspace_id=context.workspace_id)


def subscribe(
    context: Context, list_id: str, contact_id: str, *, explicitly: bool = False, source: str = "a person"
) -> None:
    """Put a contact on a list, for a person at the controls; a second call changes nothing.

    Who has unsubscribed comes back only ``explicitly``: somebody says in so many words that the contact wants it. Raises
    NotFound, NotPossible for an unsubscribed contact without that word.
    """
    found = _get(context, list_id)
    moves = [entry_move(double_opt_in=found.double_opt_in)]
    if explicitly:
        moves = [SubscriptionMove.ADD, SubscriptionMove.REINSTATE]
    if _move(context, found.id, contact_id, moves, source) or explicitly:
        return
    with context.catalogue.read() as connection:
        number = contact_number(context, contact_id)
        states = {row.list_id: row.state for row in subscriptions.of_contact(connection, number)}
    if states.get(found.id) == SubscriptionState.UNSUBSCRIBED:
        raise NotPossible(
            f"this contact has unsubscribed from {found.name!r}; say explicitly that it wants to be on the list again"
        )


def unsubscribe(context: Context, list_id: str, contact_id: str, *, source: str = "a person") -> None:
    """Take a contact off a list, and remember that; a second call changes nothing. Raises NotFound."""
    _move(context, _get(context, list_id).id, contact_id, [SubscriptionMove.UNSUBSCRIBE], source)


def confirm(context: Context, list_id: str, contact_id: str, *, source: str = "the contact") -> None:
    """The contact itself confirms that it wants to be on a list; a second call changes nothing. Raises NotFound."""
    _move(context, _get(context, list_id).id, contact_id, [SubscriptionMove.CONFIRM], source)


def list_name_problem(name: str) -> str | None:
    """Why this cannot be a list's name, in plain words; None when it can."""
    if not name.strip():
        return "a list needs a name"
    if len(name.strip()) > LONGEST_LIST_NAME:
        return f"a list's name has at most {LONGEST_LIST_NAME} characters, this one has {len(name.strip()):,}"
    if not name.strip().isprintable():
        return "a list's name is one line without control characters"
    return None


def list_number(context: Context, list_id: str) -> int:
    """The number behind a list's public id. Raises NotFound."""
    number = context.ids.decode(IdKind.LIST, list_id)
    if number is None:
        raise NotFound(f"there is no list {list_id}")
    return number


def contact_number(context: Context, contact_id: str) -> int:
    """The number behind a contact's public id. Raises NotFound."""
    number = context.ids.decode(IdKind.CONTACT, contact_id)
    if number is None:
        raise NotFound(f"there is no contact {contact_id}")
    return number


def _move(context: Context, list_id: int, contact_id: str, moves: list[SubscriptionMove], source: str) -> bool:
    """Make the first of these moves that is possible."""
    number = contact_number(context, contact_id)
    now = context.clock.now()
    with context.catalogue.write() as connection:
        if contacts.get(connection, context.catalogue, number, workspace_id=context.workspace_id) is None:
            raise NotFound(f"there is no contact {contact_id}")
        return any(
            subscriptions.move(
                connection, context.catalogue, what, list_id=list_id, contact_id=number, source=source, now=now
            )
            for what in moves
        )


def _get(context: Context, list_id: str) -> ListRow:
    with context.catalogue.read() as connection:
        row = lists.get(connection, list_number(context, list_id), workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"there is no list {list_id}")
    return row


def _checked(draft: ListDraft) -> ListDraft:
    problem = list_name_problem(draft.name)
    if problem:
        raise InputError([Problem(file="list", field="name", message=problem)])
    consent = (draft.consent or "").strip() or None
    return ListDraft(
        name=draft.name.strip(),
        description=draft.description.strip(),
        consent=consent,
        double_opt_in=draft.double_opt_in,
        confirmation_template=draft.confirmation_template,
    )


def _template(context: Context, draft: ListDraft) -> int | None:
    """The number of the template for confirmations. Raises NotFound, InputError for one without the link."""
    if draft.confirmation_template is None:
        return None
    row = row_of(context, draft.confirmation_template)
    if CONFIRM_URL not in json.dumps(row.content):
        message = f"the template {row.name!r} has no link to confirm by: put {{{{ contact.{CONFIRM_URL} }}}} into it"
        raise InputError([Problem(file="list", field="confirmation_template", message=message)])
    return row.id


def _list(context: Context, row: ListRow) -> ContactList:
    return ContactList(
        id=context.ids.encode(IdKind.LIST, row.id),
        name=row.name,
        description=row.description,
        consent=row.consent,
        double_opt_in=row.double_opt_in,
        confirmation_template=None
        if row.confirmation_template_id is None
        else context.ids.encode(IdKind.TEMPLATE, row.confirmation_template_id),
        confirmed=row.confirmed,
        unconfirmed=row.unconfirmed,
        unsubscribed=row.unsubscribed,
        created_at=row.created_at,
    )
