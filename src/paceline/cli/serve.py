"""``paceline serve``: all processes of an installation, under one supervisor."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import time
from dataclasses import replace
from typing import Annotated

import typer

from paceline.bootstrap import open_context
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import DatabaseOption, settings_of
from paceline.cli.output import print_lines
from paceline.cli.process_life import log_as
from paceline.cli.programs import child_command, child_environment, sender_program
from paceline.domain.errors import InputError, Problem, StoreUnavailable
from paceline.operations.installation.service_manager import ServiceManager
from paceline.operations.installation.supervisor import Program, Supervisor
from paceline.operations.people.first_user import first_user_link
from paceline.settings import DEFAULT_PORT, Settings

_log = logging.getLogger("paceline.cli")

_PORT_FREE_WITHIN_SECONDS = 2.0
_BACKLOG = 512
_API_FAREWELL_SECONDS = 10.0
_BACKGROUND_FAREWELL_SECONDS = 30.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")
    ] = DEFAULT_PORT,
    senders: Annotated[int, typer.Option(min=0, max=64, help="How many sender processes.")] = 1,
    database: DatabaseOption = None,
) -> None:
    """Run the server: the API, the recurring work and senders, each a process, until Ctrl-C or SIGTERM."""
    settings = settings_of(database)
    with listener_on(host, port) as listener:
        log_as("supervisor", settings)
        url = url_of(listener)
        settings = replace(settings, base_url=settings.base_url or url)
        _prepare(settings)
        supervisor = Supervisor(
            programs(settings, listener, senders),
            environment=child_environment(settings),
            manager=ServiceManager(os.environ),
        )
        run(_supervise(supervisor, settings, url))
    _log.info("stopped")


async def _supervise(supervisor: Supervisor, settings: Settings, url: str) -> None:
    invitation: list[asyncio.Task[None]] = []

    def ready() -> None:
        _log.info("ready on %s", url)
        invitation.append(asyncio.create_task(asyncio.to_thread(_invite_first_user, settings)))

    def stopping() -> None:
        _log.info("stopping: finishing the open transactions; press Ctrl-C again to leave at once")

    await supervisor.run(stop_on_signals(stopping, supervisor.kill), on_ready=ready)
    await asyncio.gather(*invitation)


def _invite_first_user(settings: Settings) -> None:
    """Print the link that makes the first user, while there is none. It is not for the log: others read that."""
    try:
        context = open_context(settings)
    except StoreUnavailable as failure:
        _log.warning("whether there is a user could not be found out: %s", failure)
        return
    try:
        link = first_user_link(context)
    finally:
        context.close()
    if link is not None:
        print_lines(["There is no user yet. Open this link to become the first one; it works once:", link])


def _prepare(settings: Settings) -> None:
    """Make what is missing before the children come, so that what is wrong is said once. A database may come later."""
    try:
        context = open_context(settings)
    except StoreUnavailable as failure:
        _log.warning("the database cannot be reached, everything waits for it: %s", failure)
        return
    context.close()


def programs(settings: Settings, listener: socket.socket, senders: int) -> list[Program]:
    """The children. Senders start after the background process, so that none of them takes the recurring work over."""
    return [
        Program(
            name="background",
            command=child_command("background", "background"),
            farewell_seconds=_BACKGROUND_FAREWELL_SECONDS,
            stop_turn=1,  # after the senders: campaigns that they finish are still marked so
        ),
        Program(
            name="api",
            command=child_command("api", "api", "--listener", str(listener.fileno())),
            farewell_seconds=_API_FAREWELL_SECONDS,
            file_descriptors=(listener.fileno(),),
        ),
        *(
            sender_program(settings, name, waits_for="background")
            for name in (f"sender-{number}" for number in range(1, senders + 1))
        ),
    ]


def listener_on(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """The listening socket; a child of a supervisor that has just been killed is given a moment to let go of it."""
    deadline = time.monotonic() + _PORT_FREE_WITHIN_SECONDS
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
                message = f"cannot listen on {host} port {port}: {reason}; choose another one"
                raise InputError([Problem(file="command line", field=option, message=message)]) from error
        time.sleep(0.05)


def url_of(listener: socket.socket, *, scheme: str = "http") -> str:
    """Where a listening socket can be reached."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
