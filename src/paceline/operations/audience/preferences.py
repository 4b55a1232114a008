"""What recipients choose for themselves, by the link in a message: the lists that they are on."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from paceline.domain.contact import SubscriptionMove, SubscriptionState
from paceline.domain.tokens import Token
from paceline.operations.context import Context
from paceline.store.catalogue import contacts, subscriptions
from paceline.store.public_ids import IdKind
from paceline.store.queue import facts, leaving, worker_errands

_SOURCE = "the recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """One list that somebody is or was on."""

    id: str
    name: str
    subscribed: bool


def choices(context: Context, token: Token) -> list[ListChoice]:
    """The lists of a message's recipient, as far as the address is a contact; none for a test or an unknown message."""
    context = context.in_workspace(token.workspace_id)
    address = _address(context, token)
    if address is None:
        return []
    found: dict[int, ListChoice] = {}
    with context.catalogue.read() as connection:
        for contact_id in _contacts(context, address):
            for row in subscriptions.of_contact(connection, contact_id):
                found[row.list_id] = ListChoice(
                    id=context.ids.encode(IdKind.LIST, row.list_id),
                    name=row.list_name,
                    subscribed=row.state is SubscriptionState.CONFIRMED,
                )
    return sorted(found.values(), key=lambda choice: choice.name)


def choose(context: Context, token: Token, wanted: AbstractSet[str]) -> None:
    """Be on exactly these of the lists that ``choices`` gave; others are not joined. A second call changes nothing.

    Messages of a list that was left which still wait are skipped, unless they come from another list, too.
    """
    context = context.in_workspace(token.workspace_id)
    address = _address(context, token)
    if address is None:
        return
    now = context.clock.now()
    for contact_id in _contacts(context, address):
        left: set[int] = set()
        staying: set[int] = set()
        with context.catalogue.write() as connection:
            for row in subscriptions.of_contact(connection, contact_id):
                stays = context.ids.encode(IdKind.LIST, row.list_id) in wanted
                (staying if stays else left).add(row.list_id)
                move = SubscriptionMove.CONFIRM if stays else SubscriptionMove.UNSUBSCRIBE
                values = {"list_id": row.list_id, "contact_id": contact_id}
                subscriptions.move(connection, context.catalogue, move, **values, source=_SOURCE, now=now)
        _skip_waiting(context, contact_id, left, staying, now)


def _skip_waiting(context: Context, contact_id: int, left: set[int], staying: set[int], now: float) -> None:
    """What waits for a contact in campaigns to lists that it has left, and to none on which it stays."""
    with context.queue.read() as connection:
        waiting = leaving.waiting_messages(connection, contact_id, workspace_id=context.workspace_id)
    skipped = []
    for message_id, audience in waiting:
        lists = set(json.loads(audience).get("lists") or ())
        if lists & left and not lists & staying:
            skipped.append(message_id)
    if skipped:
        with context.queue.write() as connection:
            leaving.end_as_skipped(connection, context.queue, skipped, reason=leaving.REASON, now=now)
            worker_errands.withhold(connection, context.queue, skipped, reason=leaving.REASON, now=now)


def _contacts(context: Context, address: str) -> list[int]:
    with context.catalogue.read() as connection:
        return sorted(contacts.owners_of(connection, workspace_id=context.workspace_id, email=address, phone=None))


def _address(context: Context, token: Token) -> str | None:
    with context.queue.read() as connection:
        message = facts.find_message(
            connection, token.message_id, workspace_id=token.workspace_id, campaign_id=token.campaign_id
        )
    return None if message is None else message.address
