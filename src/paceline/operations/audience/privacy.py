"""What a person may ask for: all that is known of them, and to be erased.

A person is an address; the contact that has it may have another one, which is theirs as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.chores.person_eraser import erase_some
from paceline.clock import iso
from paceline.domain.address import parse_address
from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES
from paceline.domain.errors import InputError, Problem
from paceline.domain.message import PUBLIC_NAMES, MessageState
from paceline.domain.phone import parse_phone
from paceline.operations.campaigns.reporting import shown
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.catalogue import contacts, erasing, subscriptions
from paceline.store.public_ids import IdKind
from paceline.store.queue import erasures, history, messages, suppressions, worker_errands
from paceline.store.queue.erasures import ErasureRow, Forgotten

_CHANNELS = ("email", "whatsapp")
_WAIT_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure that was asked for; the address is not in it."""

    id: str
    requested_at: float
    done_at: float | None
    """None while something is left to do."""
    messages: int
    """That were made nobody's so far."""


def everything_about(context: Context, address: str) -> Iterator[dict[str, Any]]:
    """All that is known of the person with this address, one object per thing; ``kind`` says what it is.

    Looks at every message of the installation, so it takes about a second for a million. Raises InputError at once.
    """
    return _everything(context, _addresses(context, address))


def request_erasure(context: Context, address: str) -> list[Erasure]:
    """Erase the person with this address: from now on nothing is sent, and the rest is done in the background.

    One erasure for each of the person's addresses; a second call begins again. Raises InputError.
    """
    found, now = _addresses(context, address), context.clock.now()
    forgotten = Forgotten(context.box.digest)
    begun = []
    with context.queue.write() as connection:
        for one in found:
            digest = forgotten.digest(one, workspace_id=context.workspace_id)
            number = erasures.request(connection, one, digest, workspace_id=context.workspace_id, now=now)
            begun.append(number)
            worker_errands.erased(connection, one, workspace_id=context.workspace_id, now=now)
            for channel in _CHANNELS:
                suppressions.suppress(
                    connection,
                    [one],
                    workspace_id=context.workspace_id,
                    channel=channel,
                    reason=erasures.REASON,
                    source="a person",
                    now=now,
                )
        rows = [erasures.get(connection, number, workspace_id=context.workspace_id) for number in begun]
    return [_erasure(context, row) for row in rows if row is not None]


def erasure(context: Context, erasure_id: str) -> Erasure:
    """How far an erasure is. Raises NotFound."""
    number = number_of(context, IdKind.ERASURE, erasure_id)
    with context.queue.read() as connection:
        row = erasures.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.ERASURE, erasure_id)
    return _erasure(context, row)


def erase(context: Context, address: str, *, wait: Callable[[float], None] = time.sleep) -> list[Erasure]:
    """Erase the person with this address, to the end. Raises InputError, StoreUnavailable: then it can be called again.

    ``wait`` is called with seconds while messages to the person are just being delivered.
    """
    begun = request_erasure(context, address)
    while True:
        so_far = [erasure(context, one.id) for one in begun]
        if all(one.done_at is not None for one in so_far):
            return so_far
        if not erase_some(context.queue, context.catalogue, now=context.clock.now()):
            wait(_WAIT_SECONDS)


def erased_among(context: Context, addresses: Sequence[str]) -> set[str]:
    """Those of these addresses that were erased from the workspace."""
    with context.queue.read() as connection:
        return Forgotten(context.box.digest).among(
            connection, context.queue, addresses, workspace_id=context.workspace_id
        )


def require_not_erased(context: Context, *addresses: str | None) -> None:
    """Raise NotPossible when one of these addresses was erased: its owner has to ask to come back."""
    given = [address for address in addresses if address]
    if erased_among(context, given):
        raise NotPossible(
            "this person was erased at their own wish; when they ask to come back, lift the suppression of the address first"
        )


def let_come_back(context: Context, connection: Connection, address: str) -> bool:
    """An erased address may be used again, at remote workers as well; False when it was not erased."""
    digest = Forgotten(context.box.digest).digest(address, workspace_id=context.workspace_id)
    if not erasures.forget_digest(connection, digest, workspace_id=context.workspace_id):
        return False
    for channel in _CHANNELS:
        worker_errands.lifted(
            connection,
            address,
            workspace_id=context.workspace_id,
            channel=channel,
            made_at=context.clock.now(),
        )
    return True


def _addresses(context: Context, given: str) -> list[str]:
    """The address as it is kept, and the others of its contact."""
    address = _parsed(given)
    with context.catalogue.read() as connection:
        numbers = erasing.contact_numbers(connection, address, workspace_id=context.workspace_id)
        others = [one for number in numbers for one in erasing.addresses_of(connection, number)]
    return list({one.casefold(): one for one in (address, *others)}.values())


def _parsed(given: str) -> str:
    reasons = []
    for parse in (parse_address, parse_phone):
        try:
            return parse(given)
        except ValueError as error:
            reasons.append(str(error))
    message = f"is neither an address ({reasons[0]}) nor a phone number ({reasons[1]})"
    raise InputError([Problem(file="", field="address", message=message)])


def _erasure(context: Context, row: ErasureRow) -> Erasure:
    return Erasure(
        id=context.ids.encode(IdKind.ERASURE, row.id),
        requested_at=row.requested_at,
        done_at=row.done_at,
        messages=row.messages,
    )


# What is known.


def _everything(context: Context, addresses: list[str]) -> Iterator[dict[str, Any]]:
    for address in addresses:
        yield from _in_catalogue(context, address)
        yield from _suppressed(context, address)
    for address in addresses:
        yield from _messages(context, address)


def _in_catalogue(context: Context, address: str) -> Iterator[dict[str, Any]]:
    with context.catalogue.read() as connection:
        numbers = erasing.contact_numbers(connection, address, workspace_id=context.workspace_id)
        found = [
            contacts.get(connection, context.catalogue, number, workspace_id=context.workspace_id) for number in numbers
        ]
        lists = {number: subscriptions.of_contact(connection, number) for number in numbers}
    for row in found:
        if row is None or row.email not in (address, None):
            continue  # told of under its first address
        yield {
            "kind": "contact",
            "email": row.email,
            "phone": row.phone,
            "fields": row.fields,
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
        }
        for one in lists[row.id]:
            yield {
                "kind": "subscription",
                "list": one.list_name,
                "state": PUBLIC_SUBSCRIPTION_STATES[one.state],
                "source": one.source,
                "at": iso(one.at),
            }


def _suppressed(context: Context, address: str) -> Iterator[dict[str, Any]]:
    for channel in _CHANNELS:
        with context.queue.read() as connection:
            found = suppressions.find(
                connection, address, workspace_id=context.workspace_id, channel=channel, now=context.clock.now()
            )
        if found is not None:
            yield {
                "kind": "suppression",
                "channel": channel,
                "address": found.address,
                "reason": found.reason,
                "source": found.source,
                "created_at": iso(found.created_at),
                "expires_at": iso(found.expires_at),
            }


def _messages(context: Context, address: str) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with context.queue.read() as connection:
            last, found = erasures.messages_to(
                connection, context.queue, address, workspace_id=context.workspace_id, after=after
            )
            rows = messages.with_fields(connection, context.queue, found)
            told = history.of_messages(connection, context.queue, found)
        if last is None:
            return
        for row in rows:
            yield {
                "kind": "message",
                "id": context.ids.encode(IdKind.MESSAGE, row.id),
                "campaign": row.campaign_name,
                "address": row.address,
                "fields": json.loads(row.fields),
                "state": PUBLIC_NAMES[MessageState(row.state)],
                "at": iso(row.at),
                "events": [
                    {name: value for name, value in shown(context, one).items() if name not in ("address", "message")}
                    for one in told
                    if one.message_id == row.id
                ],
            }
        after = last
