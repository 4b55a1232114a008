"""Notifications: who is told of what by mail, and the loop that tells, for the background process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from paceline.domain.errors import InputError, Problem
from paceline.domain.event import CHOOSABLE
from paceline.operations.context import Context, NotFound
from paceline.outbound.address_guard import AddressGuard
from paceline.outbound.http import OutboundHttp
from paceline.store.catalogue import notifications
from paceline.store.public_ids import IdKind
from paceline.webhooks.delivery import Courier
from paceline.webhooks.dispatcher import Dispatcher
from paceline.webhooks.mail import Mailer
from paceline.webhooks.relay import ImportRelay, NoticeRelay, OutageWatch

_DAY_SECONDS = 86400.0
_STOP_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPreferences:
    """What a member is told by mail, and whether there is a server to mail through."""

    events: tuple[str, ...]
    mail_is_set_up: bool


def run(context: Context, stop: threading.Event) -> None:
    """Tell of what happens until ``stop`` is set: the whole installation's notifications, whatever the workspace.

    Raises InputError for settings that cannot be used.
    """
    asyncio.run(_run_beside(new_dispatcher(context), stop))


async def _run_beside(dispatcher: Dispatcher, stop: threading.Event) -> None:
    over = asyncio.Event()
    task = asyncio.create_task(dispatcher.run(over))
    while not stop.is_set() and not task.done():
        await asyncio.wait({task}, timeout=_STOP_SECONDS)  # nobody can wake this loop
    over.set()
    await task


def new_dispatcher(context: Context) -> Dispatcher:
    """The loop of ``run`` with its parts, not yet started. Raises InputError for settings that cannot be used."""
    settings = context.settings
    guard = AddressGuard.from_setting(settings.private_hosts)
    courier = Courier(
        catalogue=context.catalogue,
        box=context.box,
        ids=context.ids,
        http=OutboundHttp(guard, timeout_seconds=settings.webhook_timeout_seconds),
        mailer=Mailer.from_settings(settings, context.channel),
    )
    databases = {"catalogue": context.catalogue}
    if context.queue is not context.catalogue:
        databases["queue"] = context.queue
    return Dispatcher(
        queue=context.queue,
        catalogue=context.catalogue,
        courier=courier,
        relays=(
            NoticeRelay(context.queue, context.catalogue, context.ids),
            ImportRelay(context.catalogue, context.ids),
        ),
        outages=OutageWatch(databases, context.catalogue),
        now=context.clock.now,
        kept_seconds=settings.notification_days * _DAY_SECONDS,
    )


def mail_preferences(context: Context, user_id: str) -> MailPreferences:
    """What a member of this workspace is told by mail. Raises NotFound."""
    number = _user(context, user_id)
    with context.catalogue.read() as connection:
        events = notifications.mail_events(connection, number, workspace_id=context.workspace_id)
    if events is None:
        raise _no_member()
    return MailPreferences(events=events, mail_is_set_up=bool(context.settings.notify_smtp_url))


def choose_mail(context: Context, user_id: str, events: Sequence[str]) -> MailPreferences:
    """Tell a member of these events by mail and of no others. Raises NotFound, InputError for an unknown event."""
    refuse_unknown_events(events, file="notification preferences")
    number = _user(context, user_id)
    with context.catalogue.write() as connection:
        if notifications.mail_events(connection, number, workspace_id=context.workspace_id) is None:
            raise _no_member()
        chosen = [event for event in CHOOSABLE if event in events]
        notifications.choose_mail_events(connection, number, chosen, workspace_id=context.workspace_id)
    return mail_preferences(context, user_id)


def refuse_unknown_events(events: Sequence[str], *, file: str) -> None:
    """Raise InputError for every name that is no event to choose."""
    problems = [
        Problem(file=file, field="events", message=f"accepts {', '.join(CHOOSABLE)}, got {event[:60]!r}")
        for event in events
        if event not in CHOOSABLE
    ]
    if problems:
        raise InputError(problems)


def _user(context: Context, user_id: str) -> int:
    number = context.ids.decode(IdKind.USER, user_id)
    if number is None:
        raise _no_member()
    return number


def _no_member() -> NotFound:
    return NotFound("there is no such person in this workspace")
