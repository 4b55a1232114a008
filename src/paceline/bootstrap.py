"""The only file that picks concrete parts and wires them."""

from __future__ import annotations

from paceline.channels.base import Channel
from paceline.channels.every import EveryChannel
from paceline.channels.smtp.channel import SmtpChannel
from paceline.channels.smtp.limits import SmtpLimits, SmtpTimeouts
from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.clock import Reading, SteadyClock
from paceline.operations.context import Context, QueueContext
from paceline.outbound.address_guard import AddressGuard
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.opening import connect_replicas, open_catalogue, open_queue
from paceline.store.queue import installation
from paceline.store.secrets import SecretBox, open_secret_box


def open_queue_context(settings: Settings) -> QueueContext:
    """What a sender needs: the queue, and nothing of the catalogue. Raises as ``open_context``."""
    queue = open_queue(settings)
    try:
        box = open_secret_box(settings, queue)
        with queue.read() as connection:
            stored = installation.clock(connection)
        clock = _clock(stored, queue.now())
    except BaseException:
        queue.close()
        raise
    return QueueContext(
        settings=settings,
        queue=queue,
        clock=clock,
        box=box,
        channel=_channels(settings, queue, box, clock),
    )


def open_context(settings: Settings) -> Context:
    """Everything an operation needs, on the databases of these settings.

    Raises InputError, StoreUnavailable, SchemaMismatch or SecretsUnreadable, each with a sentence and nothing left open.
    """
    parts = open_queue_context(settings)
    try:
        catalogue = open_catalogue(settings, parts.queue)
        reports_queue, reports_catalogue = connect_replicas(settings, queue=parts.queue, catalogue=catalogue)
    except BaseException:
        parts.close()
        raise
    return Context(
        settings=settings,
        queue=parts.queue,
        clock=parts.clock,
        box=parts.box,
        channel=parts.channel,
        catalogue=catalogue,
        reports_queue=reports_queue,
        reports_catalogue=reports_catalogue,
        ids=parts.box.public_ids(),
    )


def _channels(settings: Settings, queue: Database, box: SecretBox, clock: SteadyClock) -> EveryChannel:
    guard = AddressGuard.from_setting(settings.private_hosts)
    return EveryChannel(
        email=SmtpChannel(_smtp_limits(settings), guard=guard),
        whatsapp=lambda: _whatsapp(settings, guard, queue, box, clock),
    )


def _whatsapp(settings: Settings, guard: AddressGuard, queue: Database, box: SecretBox, clock: SteadyClock) -> Channel:
    from paceline.channels.whatsapp.channel import WhatsAppChannel  # imported here: most commands need no HTTP client
    from paceline.channels.whatsapp.media_shelf import QueueMediaShelf

    shelf = QueueMediaShelf(queue, box.public_ids(), clock.now)
    return WhatsAppChannel(_whatsapp_limits(settings), guard=guard, shelf=shelf)


def _whatsapp_limits(settings: Settings) -> WhatsAppLimits:
    return WhatsAppLimits(
        sockets=settings.whatsapp_sockets,
        idle_sockets=settings.whatsapp_idle_sockets,
        activity_seconds=settings.whatsapp_activity_seconds,
        idle_seconds=settings.whatsapp_idle_seconds,
        lifetime_seconds=settings.whatsapp_lifetime_seconds,
    )


def _smtp_limits(settings: Settings) -> SmtpLimits:
    timeouts = SmtpTimeouts(connect=settings.smtp_connect_timeout_seconds, final_dot=settings.final_dot_timeout_seconds)
    return SmtpLimits(timeouts=timeouts, age_seconds=settings.connection_age_seconds)


def _clock(stored: Reading, database_now: float | None) -> SteadyClock:
    """The process's clock: on a shared database the database's time rules, else the time that was last in use."""
    if database_now is not None:
        clock = SteadyClock()
        return SteadyClock(Reading(at=database_now, boot=clock.reading().boot, boot_id=clock.reading().boot_id))
    return SteadyClock(stored if stored.at else None)
