"""The background process: the recurring work of the whole installation, done by one process at a time.

Two leases, because there may be two databases: the queue's chores, which any sender does as well, and the catalogue's
work. A new chore is one line in ``catalogue_chores``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from paceline.chores import campaign_starter, event_pruner
from paceline.chores.activity_recorder import record_activity
from paceline.chores.mailbox_readers import MailboxReaders
from paceline.chores.person_eraser import erase_some
from paceline.launch.launcher import Launcher
from paceline.operations.audience import importing
from paceline.operations.context import Context
from paceline.operations.incoming.receiving import intake_of
from paceline.operations.installation.leadership import Leadership, lead
from paceline.operations.installation.queue_chores import keep_queue
from paceline.operations.installation.recurring_work import Chore, Watch, attend
from paceline.operations.notifications import notifying
from paceline.operations.workers.home_watch import HomeWatch
from paceline.outbound.address_guard import AddressGuard
from paceline.store import leaderships
from paceline.store.queue.erasures import Forgotten


def catalogue_chores(context: Context) -> list[Chore | Watch]:
    """The work that needs the catalogue."""
    launcher = Launcher(
        queue=context.queue,
        catalogue=context.catalogue,
        now=context.clock.now,
        forgotten=Forgotten(context.box.digest),
    )
    watch_seconds = context.settings.watch_seconds
    return [
        Chore(name="campaign starter", work=lambda: _start_campaigns(context)),
        Chore(name="launcher", work=lambda: 0.0 if launcher.round() else watch_seconds),
        Watch(name="notifications", run=partial(notifying.run, context)),
        Watch(name="imports", run=importing.import_runner(context).run),
        Chore(name="person eraser", work=lambda: _erase_people(context)),
        Chore(name="activity recorder", work=lambda: _record_activity(context)),
        Watch(name="mailboxes", run=_mailbox_readers(context).run),
        Watch(name="remote workers", run=HomeWatch(context).run),
        Watch(name="event pruner", run=partial(event_pruner.run, context)),
    ]


def _mailbox_readers(context: Context) -> MailboxReaders:
    settings = context.settings
    return MailboxReaders(
        queue=context.queue,
        box=context.box,
        intake=intake_of(context),
        guard=AddressGuard.from_setting(settings.private_hosts),
        now=context.clock.now,
        connections=settings.mailbox_connections,
        poll_seconds=settings.mailbox_poll_seconds,
    )


def _start_campaigns(context: Context) -> float:
    """Start what is due; sleeps to the next moment, and looks before that for moments that were set anew."""
    next_at = campaign_starter.start_due(context.queue, now=context.clock.now())
    wait = context.settings.watch_seconds if next_at is None else next_at - context.clock.now()
    return max(0.0, min(context.settings.watch_seconds, wait))


def _record_activity(context: Context) -> float:
    more = record_activity(context.queue, context.catalogue, now=context.clock.now(), batches=_BATCHES_AT_ONCE)
    return _ACTIVITY_PAUSE_SECONDS if more else _ACTIVITY_EVERY_SECONDS


def _erase_people(context: Context) -> float:
    more = erase_some(context.queue, context.catalogue, now=context.clock.now())
    return _ERASE_PAUSE_SECONDS if more else _ERASE_EVERY_SECONDS


_ERASE_PAUSE_SECONDS = 0.02
_ERASE_EVERY_SECONDS = 1.0
_BATCHES_AT_ONCE = 10
_ACTIVITY_PAUSE_SECONDS = 0.2
"""Between batches of a long backlog: segments can wait, senders and requests come first."""
_ACTIVITY_EVERY_SECONDS = 5.0


def work_in_background(
    context: Context, stop: threading.Event, *, chores: Sequence[Chore | Watch] | None = None
) -> None:
    """Do all recurring work that no other process does, until ``stop`` is set. Waits for databases that are away."""
    own = catalogue_chores(context) if chores is None else chores
    threads = [
        threading.Thread(target=keep_queue, args=(context, stop), name="paceline-queue", daemon=True),
        threading.Thread(target=keep_catalogue, args=(context, own, stop), name="paceline-catalogue", daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def keep_catalogue(context: Context, chores: Sequence[Chore | Watch], stop: threading.Event) -> None:
    """Do these whenever no other process does, until ``stop`` is set."""
    leadership = Leadership(
        context.catalogue,
        leaderships.CATALOGUE,
        "background",
        clock=context.clock,
        seconds=context.settings.leadership_seconds,
    )
    lead(leadership, lambda over: attend(context, chores, over), stop)
