"""``paceline sender``, and the process of every sender that a supervisor starts: one sender until a signal."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import typer

from paceline.bootstrap import open_queue_context
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import DatabaseOption, settings_of
from paceline.cli.process_life import log_as, open_when_there, when_orphaned
from paceline.domain.errors import InputError, Problem
from paceline.observability.metrics_server import serving_metrics
from paceline.operations.context import QueueContext
from paceline.operations.installation.metrics import samples
from paceline.operations.installation.sender_process import send_for_everybody, send_one_campaign
from paceline.settings import Settings

_log = logging.getLogger("paceline.cli")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sender)


def sender(database: DatabaseOption = None) -> None:
    """Run one more sender for everybody's campaigns, on any machine, until Ctrl-C or SIGTERM."""
    settings = settings_of(database)
    log_as("sender", settings)
    run(send(settings, on_ready=lambda: _log.info("ready"), is_child=False))
    _log.info("stopped")


async def send(
    settings: Settings, *, on_ready: Callable[[], None], is_child: bool, campaign_id: int | None = None
) -> None:
    """One sender for everybody or for one campaign, until a signal.

    A child ends when its supervisor is gone; one that stands alone answers /metrics where the settings say so.
    """
    stop = stop_on_signals(lambda: _log.info("finishing the open transactions"))
    loop = asyncio.get_running_loop()
    waiting = threading.Event()
    if is_child:
        when_orphaned(lambda: loop.call_soon_threadsafe(stop.set))
    opening = asyncio.create_task(asyncio.to_thread(open_when_there, lambda: open_queue_context(settings), waiting))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
    waiting.set()
    stopping.cancel()
    context = await opening
    if context is None:
        return
    try:
        with nullcontext() if is_child or not settings.metrics_port else _metrics(context):
            on_ready()
            if campaign_id is None:
                await send_for_everybody(context, stop)
            else:
                await send_one_campaign(context, campaign_id, stop)
    finally:
        context.close()


@contextmanager
def _metrics(context: QueueContext) -> Iterator[None]:
    host, port = context.settings.metrics_host, context.settings.metrics_port
    try:
        with serving_metrics(lambda: samples(context), host=host, port=port):
            yield
    except OSError as error:
        message = f"cannot listen on {host} port {port}: {error.strerror or error}"
        raise InputError([Problem(file="environment", field="PACELINE_METRICS_PORT", message=message)]) from error
