"""The processes that ``paceline serve`` and ``paceline send`` start: ``python -m paceline.cli.child api|background|sender``. Not for people."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import TypeVar

from paceline.bootstrap import open_context, open_queue_context
from paceline.cli.failures import ExitCode, explain_failure
from paceline.cli.interruption import run, stop_on_signals
from paceline.domain.errors import InputError, Problem, StoreUnavailable
from paceline.observability.logs import start_logs
from paceline.observability.metrics_server import serving_metrics
from paceline.operations.context import QueueContext
from paceline.operations.incoming.receiving import listening_for_mail
from paceline.operations.installation.background import work_in_background
from paceline.operations.installation.metrics import samples
from paceline.operations.installation.sender_process import send_for_everybody, send_one_campaign
from paceline.operations.installation.supervisor import READY
from paceline.settings import Settings, read_settings

_log = logging.getLogger("paceline.cli")

_Context = TypeVar("_Context", bound=QueueContext)

_LONGEST_PAUSE_SECONDS = 5.0


def main() -> None:
    """Run the part that the process was started for, and leave with its exit code."""
    sys.exit(run_child(sys.argv[1:]))


def run_child(arguments: Sequence[str]) -> int:
    """Run one part until a signal, or until the supervisor is gone."""
    parser = argparse.ArgumentParser(prog="paceline.cli.child")
    parser.add_argument("part", choices=("api", "background", "sender", "worker"))
    parser.add_argument("--name", required=True)
    parser.add_argument("--listener", type=int, help="the file descriptor on which the API listens")
    parser.add_argument("--controller", default="", help="where a worker reports")
    parser.add_argument("--campaign", type=int, help="the number of the only campaign that a sender sends")
    options = parser.parse_args(arguments)
    try:
        settings = read_settings()
        log_as(options.name, settings)
        if options.part == "api":
            _api(settings, options.listener)
        elif options.part == "background":
            _background(settings)
        elif options.part == "worker":
            _worker(settings, options.listener, options.controller)
        else:
            run(sender(settings, on_ready=_say_ready, is_child=True, campaign_id=options.campaign))
    except Exception as error:
        return explain_failure(error)
    return ExitCode.DONE


def _api(settings: Settings, listener: int) -> None:
    from paceline.cli.api_process import serve_api  # imported here: only this process needs the web framework

    _when_orphaned(lambda: os._exit(ExitCode.DONE))  # at once, so that the port is free for the next supervisor
    serve_api(settings, socket.socket(fileno=listener), on_ready=_say_ready)


def _worker(settings: Settings, listener: int, controller: str) -> None:
    from paceline.cli.worker_process import serve_worker  # imported here: it needs the web framework

    _when_orphaned(lambda: os._exit(ExitCode.DONE))  # at once, so that the port is free for the next supervisor
    serve_worker(settings, socket.socket(fileno=listener), controller, on_ready=_say_ready)


def _background(settings: Settings) -> None:
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    _when_orphaned(stop.set)
    context = open_when_there(lambda: open_context(settings), stop)
    if context is not None:
        try:
            with listening_for_mail(context):
                _say_ready()
                work_in_background(context, stop)
        finally:
            context.close()


def log_as(name: str, settings: Settings) -> None:
    """Let this process's log go to standard error under a name."""
    start_logs(form=settings.log_format, level=settings.log_level, process=name)


async def sender(
    settings: Settings, *, on_ready: Callable[[], None], is_child: bool, campaign_id: int | None = None
) -> None:
    """One sender for everybody or for one campaign, until a signal; also the body of ``paceline sender``.

    A child ends when its supervisor is gone; one that stands alone answers /metrics where the settings say so.
    """
    stop = stop_on_signals(lambda: _log.info("finishing the open transactions"))
    loop = asyncio.get_running_loop()
    waiting = threading.Event()
    if is_child:
        _when_orphaned(lambda: loop.call_soon_threadsafe(stop.set))
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


def open_when_there(open_it: Callable[[], _Context], stop: threading.Event) -> _Context | None:
    """The context as soon as the database can be reached; None when ``stop`` was set before."""
    pause = 0.2
    while True:
        try:
            return open_it()
        except StoreUnavailable as failure:
            _log.warning("the database cannot be reached, again in %.1f s: %s", pause, failure)
        if stop.wait(pause):
            return None
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _say_ready() -> None:
    os.write(sys.stdout.fileno(), READY)


def _when_orphaned(act: Callable[[], object]) -> None:
    """Act when the supervisor is gone: standard input is a pipe of which it holds the other end."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        _log.warning("the supervisor is gone")
        act()

    threading.Thread(target=wait, name="paceline-lifeline", daemon=True).start()


if __name__ == "__main__":
    main()
