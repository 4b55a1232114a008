"""People who join a list by themselves: a request, a mail with a link, and a page on which they confirm.

Nothing is stored of somebody who has not confirmed but the mail itself, and nobody learns who is on a list: every request
gets the same answer, and what follows from it happens afterwards.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from dataclasses import dataclass

from paceline.clock import iso
from paceline.content.links import CONFIRM_PATH
from paceline.domain.address import parse_address
from paceline.domain.confirmation import FORGOTTEN_AFTER_SECONDS, LINK_SECONDS, pause_seconds
from paceline.domain.contact import SubscriptionMove, SubscriptionState
from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.operations.audience import contacts as contact_operations, lists as list_operations, privacy
from paceline.operations.campaigns.single_messages import send_one
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.people.login_limits import count_network
from paceline.store.catalogue import audit, contacts, erasing, lists, login_attempts, subscriptions
from paceline.store.catalogue.lists import ListRow
from paceline.store.catalogue.login_attempts import Attempts
from paceline.store.public_ids import IdKind
from paceline.store.queue import suppressions
from paceline.store.secrets import SecretsUnreadable
from paceline.tracking import unsubscribes

_log = logging.getLogger("paceline.operations")

_CHANNEL = "email"
_SEALED_FOR = "list confirmation"
SOURCE = "double opt-in"
"""The source of a subscription that its owner has confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    """A list that people may join, as a stranger sees it."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a link is about."""

    address: str
    list_id: int
    list_name: str
    workspace_id: int


def open_list(context: Context, list_id: str) -> OpenList:
    """A list that people may join; its id is public. Raises NotFound for every other list."""
    _, row = _open_list(context, list_id)
    return OpenList(id=list_id, name=row.name, description=row.description)


def count_request(context: Context, list_id: str, email: str, *, network_address: str) -> str:
    """What comes before the answer, the same for everybody: the address, checked.

    Raises NotFound for a list that nobody may join, InputError for what is no address, TooManyAttempts for a network.
    """
    _open_list(context, list_id)
    count_network(context, network_address=network_address)
    return _address(email)


def send_confirmation(context: Context, list_id: str, address: str) -> None:
    """What follows after the answer: the mail, unless the address is on the list, gets nothing or got one lately.

    A failure is logged: nobody waits for it any more.
    """
    try:
        workspace_id, row = _open_list(context, list_id)
        _ask(context.in_workspace(workspace_id), row, address)
    except PacelineError as failure:
        _log.warning("no confirmation mail for the list %s: %s", list_id, failure)


def ask_to_confirm(context: Context, list_id: str, contact_id: str) -> bool:
    """Send the mail to a contact that somebody has put on the list; False when it got one lately, or gets nothing.

    Raises NotFound, NotPossible for a list without a template or a contact that has nothing to confirm.
    """
    contact = contact_operations.get_contact(context, contact_id)
    number = list_operations.list_number(context, list_id)
    with context.catalogue.read() as connection:
        row = lists.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"there is no list {list_id}")
    if row.confirmation_template_id is None:
        raise NotPossible(f"the list {row.name!r} has no confirmation template: give it one first")
    if contact.email is None:
        raise NotPossible("this contact has no e-mail address to which the mail could go")
    if _state(context, row.id, contact.email) is not SubscriptionState.UNCONFIRMED:
        raise NotPossible(f"this contact has nothing to confirm on the list {row.name!r}")
    return _ask(context, row, contact.email)


def find_confirmation(context: Context, token: str) -> Confirmation | None:
    """What a link is about; None for one that is not genuine, too old, or whose list is gone. Changes nothing."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if _written(sealed) != token:  # there is one way to write it
            return None
        told = json.loads(context.box.open(sealed, row=_SEALED_FOR)["link"])
    except (binascii.Error, ValueError, SecretsUnreadable):
        return None
    if context.clock.now() - told["at"] > LINK_SECONDS:
        return None
    with context.catalogue.read() as connection:
        row = lists.get(connection, told["list"], workspace_id=told["workspace"])
    if row is None:
        return None
    return Confirmation(address=told["address"], list_id=row.id, list_name=row.name, workspace_id=told["workspace"])


def confirm(context: Context, token: str) -> Confirmation | None:
    """The person wants it: they are on the list, and whatever they said against mail before is over.

    None for a link that does not work. A second time it changes nothing.
    """
    found = find_confirmation(context, token)
    if found is None:
        return None
    own = context.in_workspace(found.workspace_id)
    _come_back(own, found.address)
    now = own.clock.now()
    with own.catalogue.write() as connection:
        numbers = erasing.contact_numbers(connection, found.address, workspace_id=own.workspace_id)
        number = numbers[0] if numbers else None
        if number is None:
            number = contacts.create(
                connection, workspace_id=own.workspace_id, email=found.address, phone=None, fields={}, now=now
            )
        assert number is not None, "the address is nobody's in this very transaction"
        moved = subscriptions.move(
            connection,
            own.catalogue,
            SubscriptionMove.CONFIRM,
            list_id=found.list_id,
            contact_id=number,
            source=SOURCE,
            now=now,
        )
        if moved:
            audit.append(
                connection,
                workspace_id=own.workspace_id,
                at=now,
                actor="the contact itself",
                actor_id="",
                action="list.confirm",
                subject=own.ids.encode(IdKind.LIST, found.list_id),
                detail=json.dumps({"contact": own.ids.encode(IdKind.CONTACT, number), "at": iso(now)}),
            )
    return found


def _open_list(context: Context, list_id: str) -> tuple[int, ListRow]:
    number = context.ids.decode(IdKind.LIST, list_id)
    with context.catalogue.read() as connection:
        found = None if number is None else lists.of_any_workspace(connection, number)
    if found is None or found[1].confirmation_template_id is None:
        raise NotFound("there is no list that can be joined here")
    return found


def _address(email: str) -> str:
    try:
        return parse_address(email)
    except ValueError as error:
        raise InputError([Problem(file="request", field="email", message=str(error))]) from None


def _state(context: Context, list_id: int, address: str) -> SubscriptionState | None:
    with context.catalogue.read() as connection:
        numbers = erasing.contact_numbers(connection, address, workspace_id=context.workspace_id)
        rows = [row for number in numbers for row in subscriptions.of_contact(connection, number)]
    return next((row.state for row in rows if row.list_id == list_id), None)


def _ask(context: Context, row: ListRow, address: str) -> bool:
    """Queue the mail, if one may go to this address now; whether it was."""
    if _state(context, row.id, address) is SubscriptionState.CONFIRMED or _is_suppressed(context, address):
        return False
    if not _may_get_one(context, row.id, address):
        return False
    template = context.ids.encode(IdKind.TEMPLATE, row.confirmation_template_id or 0)
    fields = {list_operations.CONFIRM_URL: _link(context, row.id, address), "list_name": row.name}
    send_one(context, template=template, to=address, fields=fields, even_erased=True)
    return True


def _is_suppressed(context: Context, address: str) -> bool:
    with context.queue.read() as connection:
        found = suppressions.find(
            connection, address, workspace_id=context.workspace_id, channel=_CHANNEL, now=context.clock.now()
        )
    return found is not None


def _may_get_one(context: Context, list_id: int, address: str) -> bool:
    """Whether a mail may go to this address for this list now; counted at once, so that two at a time are not two."""
    subject = f"confirmation {context.box.digest(f'{list_id} {address.casefold()}'.encode())}"
    now = context.clock.now()
    with context.catalogue.write() as connection:
        known = login_attempts.locked(connection, subject)
        if known.blocked_until_at > now:
            return False
        mails = 1 if now - known.blocked_until_at > FORGOTTEN_AFTER_SECONDS else known.failures + 1
        attempts = Attempts(failures=mails, blocked_until_at=now + pause_seconds(mails))
        login_attempts.save(connection, subject, attempts)
    return True


def _link(context: Context, list_id: int, address: str) -> str:
    told = {"address": address, "list": list_id, "workspace": context.workspace_id, "at": context.clock.now()}
    sealed = context.box.seal({"link": json.dumps(told)}, row=_SEALED_FOR)
    return f"{context.settings.public_url}{CONFIRM_PATH}{_written(sealed)}"


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _come_back(context: Context, address: str) -> None:
    """Lift what the person has said against mail; not what bounces and complaints have."""
    with context.queue.write() as connection:
        privacy.let_come_back(context, connection, address)
        found = suppressions.find(
            connection, address, workspace_id=context.workspace_id, channel=_CHANNEL, now=context.clock.now()
        )
        if found is not None and found.reason == unsubscribes.REASON:
            suppressions.lift(connection, address, workspace_id=context.workspace_id, channel=_CHANNEL)
