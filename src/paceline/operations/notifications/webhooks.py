"""Webhooks: where a workspace wants to hear of events; their secrets, test calls and delivery log."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from paceline.domain.errors import InputError, Problem
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.notifications.notifying import refuse_unknown_events
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.store.catalogue import notifications, webhooks
from paceline.store.catalogue.notifications import NotificationRow
from paceline.store.catalogue.webhooks import WebhookRow
from paceline.store.public_ids import IdKind
from paceline.webhooks.payload import body_of
from paceline.webhooks.signing import OVERLAP_SECONDS, new_secret

_MOST_WEBHOOKS = 50
_LONGEST_DESCRIPTION = 200
_STATUSES = ("waiting", "delivered", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook without its secret. No ``events`` means all of them. Instants are UTC seconds."""

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    enabled: bool
    disabled_reason: str | None
    previous_secret_until: float | None
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to a webhook. ``body`` is what the receiver gets, ``answer`` what it said last."""

    id: str
    event: str
    status: str
    attempts: int
    next_attempt_at: float | None
    answer: str | None
    body: dict[str, Any]
    created_at: float
    finished_at: float | None


def create(context: Context, *, url: str, events: Sequence[str] = (), description: str = "") -> tuple[Webhook, str]:
    """A new webhook and its secret, which is shown this once. Raises InputError, NotPossible when there are too many."""
    _check(context, url=url, events=events, description=description)
    secret = new_secret()
    with context.catalogue.write() as connection:
        if webhooks.count(connection, workspace_id=context.workspace_id) >= _MOST_WEBHOOKS:
            raise NotPossible(f"a workspace has {_MOST_WEBHOOKS} webhooks at most: delete one first")
        number = webhooks.create(
            connection,
            context.box,
            workspace_id=context.workspace_id,
            url=url,
            description=description,
            events=events,
            secret=secret,
            now=context.clock.now(),
        )
    return get(context, context.ids.encode(IdKind.WEBHOOK, number)), secret


def list_webhooks(context: Context, *, after: str | None = None, limit: int = 50) -> list[Webhook]:
    """The webhooks of the workspace in the order they were made, after the one of this id."""
    start = 0 if after is None else _number(context, after)
    with context.catalogue.read() as connection:
        rows = webhooks.every(connection, workspace_id=context.workspace_id, after=start, limit=limit)
    return [_webhook(context, row) for row in rows]


def get(context: Context, webhook_id: str) -> Webhook:
    """One webhook. Raises NotFound."""
    return _webhook(context, _row(context, webhook_id))


def change(
    context: Context,
    webhook_id: str,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. Raises NotFound, InputError. Another host gets the deliveries that wait, too."""
    row = _row(context, webhook_id)
    wanted_url = row.url if url is None else url
    wanted_events = row.events if events is None else tuple(events)
    wanted_description = row.description if description is None else description
    _check(context, url=wanted_url, events=wanted_events, description=wanted_description)
    with context.catalogue.write() as connection:
        webhooks.change(
            connection,
            row.id,
            url=wanted_url,
            description=wanted_description,
            events=wanted_events,
            enabled=row.enabled if enabled is None else enabled,
        )
    return get(context, webhook_id)


def delete(context: Context, webhook_id: str) -> None:
    """Delete a webhook with its delivery log; what waits for it is not sent. Raises NotFound."""
    number = _row(context, webhook_id).id
    gone = False
    while not gone:
        with context.catalogue.write() as connection:
            gone = webhooks.delete_some(connection, number)


def rotate_secret(context: Context, webhook_id: str) -> str:
    """A new secret, shown this once; the one before it signs as well for 24 hours. Raises NotFound."""
    number = _row(context, webhook_id).id
    secret = new_secret()
    with context.catalogue.write() as connection:
        until = context.clock.now() + OVERLAP_SECONDS
        webhooks.rotate(connection, context.box, number, secret=secret, previous_until_at=until)
    return secret


def test_call(context: Context, webhook_id: str) -> Delivery:
    """Queue a ``webhook.test`` event for this webhook only; its end is in the log. Raises NotFound, NotPossible."""
    row = _row(context, webhook_id)
    if not row.enabled:
        raise NotPossible("this webhook is switched off: enable it first")
    now = context.clock.now()
    with context.catalogue.write() as connection:
        number = notifications.tell_webhook(
            connection,
            workspace_id=context.workspace_id,
            webhook_id=row.id,
            event="webhook.test",
            event_key=f"test {secrets.token_hex(16)}",
            body=body_of("webhook.test", {"webhook": webhook_id, "at": now}, at=now),
            now=now,
        )
    return get_delivery(context, webhook_id, context.ids.encode(IdKind.DELIVERY, number))


def deliveries(
    context: Context, webhook_id: str, *, before: str | None = None, status: str | None = None, limit: int = 50
) -> list[Delivery]:
    """The delivery log, the newest first, from before the delivery of this id on. Raises NotFound, InputError."""
    number = _row(context, webhook_id).id
    if status is not None and status not in _STATUSES:
        message = f"accepts {', '.join(_STATUSES)}, got {status[:60]!r}"
        raise InputError([Problem(file="deliveries", field="status", message=message)])
    start = None if before is None else _delivery_number(context, before)
    with context.catalogue.read() as connection:
        rows = notifications.log(connection, webhook_id=number, before=start, status=status, limit=limit)
    return [_delivery(context, row) for row in rows]


def get_delivery(context: Context, webhook_id: str, delivery_id: str) -> Delivery:
    """One delivery of a webhook. Raises NotFound."""
    number = _row(context, webhook_id).id
    with context.catalogue.read() as connection:
        row = notifications.entry(connection, _delivery_number(context, delivery_id), webhook_id=number)
    if row is None:
        raise NotFound("there is no such delivery")
    return _delivery(context, row)


def redeliver(context: Context, webhook_id: str, delivery_id: str) -> Delivery:
    """Send an ended delivery once more, with the same id and body. Raises NotFound, NotPossible while it still waits."""
    delivery = get_delivery(context, webhook_id, delivery_id)
    with context.catalogue.write() as connection:
        queued = notifications.again(
            connection,
            _delivery_number(context, delivery_id),
            webhook_id=_number(context, webhook_id),
            now=context.clock.now(),
        )
    if not queued:
        raise NotPossible(f"this delivery is {delivery.status}: it will be sent by itself")
    return get_delivery(context, webhook_id, delivery_id)


def _check(context: Context, *, url: str, events: Sequence[str], description: str) -> None:
    problems = []
    try:
        AddressGuard.from_setting(context.settings.private_hosts).check_url(url)
    except AddressRefused as error:
        problems.append(Problem(file="webhook", field="url", message=str(error)))
    if len(description) > _LONGEST_DESCRIPTION or not description.isprintable():
        accepted = f"accepts one line of text, up to {_LONGEST_DESCRIPTION} characters"
        problems.append(Problem(file="webhook", field="description", message=accepted))
    if problems:
        raise InputError(problems)
    refuse_unknown_events(events, file="webhook")


def _row(context: Context, webhook_id: str) -> WebhookRow:
    number = _number(context, webhook_id)
    with context.catalogue.read() as connection:
        row = webhooks.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise _unknown()
    return row


def _number(context: Context, webhook_id: str) -> int:
    number = context.ids.decode(IdKind.WEBHOOK, webhook_id)
    if number is None:
        raise _unknown()
    return number


def _delivery_number(context: Context, delivery_id: str) -> int:
    number = context.ids.decode(IdKind.DELIVERY, delivery_id)
    if number is None:
        raise NotFound("there is no such delivery")
    return number


def _unknown() -> NotFound:
    return NotFound("there is no such webhook in this workspace")


def _webhook(context: Context, row: WebhookRow) -> Webhook:
    until = row.previous_until_at
    return Webhook(
        id=context.ids.encode(IdKind.WEBHOOK, row.id),
        url=row.url,
        description=row.description,
        events=row.events,
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        previous_secret_until=until if until is not None and until > context.clock.now() else None,
        created_at=row.created_at,
    )


def _delivery(context: Context, row: NotificationRow) -> Delivery:
    return Delivery(
        id=context.ids.encode(IdKind.DELIVERY, row.id),
        event=row.event,
        status=row.status,
        attempts=row.attempts,
        next_attempt_at=row.due_at,
        answer=row.answer,
        body=json.loads(row.body),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
