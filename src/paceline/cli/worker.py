"""``paceline worker``: sends whole campaigns for a controller on another machine, and reports home."""

from __future__ import annotations

import logging
import os
import time
from typing import Annotated

import typer

from paceline.bootstrap import open_context
from paceline.cli.failures import ExitCode
from paceline.cli.interruption import run, stop_on_signals
from paceline.cli.options import DatabaseOption, JsonOption, settings_of
from paceline.cli.output import print_json, print_lines
from paceline.cli.process_life import log_as
from paceline.cli.programs import child_command, child_environment, sender_program
from paceline.cli.serve import listener_on, url_of
from paceline.cli.words import clean
from paceline.domain.errors import InputError, Problem
from paceline.operations.installation.service_manager import ServiceManager
from paceline.operations.installation.supervisor import Program, Supervisor
from paceline.operations.workers.worker_process import check_worker_settings
from paceline.remote.conformance import Conformance
from paceline.remote.signing import read_keys
from paceline.settings import Settings

_log = logging.getLogger("paceline.cli")

_DOORS_FAREWELL_SECONDS = 30.0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(worker)
    app.command("worker-check")(check_worker)


def worker(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where the controller reaches it.", show_default=False)
    ],
    controller: Annotated[
        str, typer.Option(metavar="URL", help="The controller's address, for reports.", show_default=False)
    ],
    senders: Annotated[int, typer.Option(min=1, max=64, help="How many sender processes.")] = 1,
    database: DatabaseOption = None,
) -> None:
    """Send campaigns for a controller, from this machine, until Ctrl-C or SIGTERM. Its key is WORKER_API_KEY."""
    settings = settings_of(database)
    host, port = _read_address(listen)
    check_worker_settings(settings, controller)
    with listener_on(host, port, option="--listen") as listener:
        log_as("supervisor", settings)
        open_context(settings).close()  # what is wrong is said once, before the children come
        scheme = "https" if settings.worker_certificate else "http"
        url = url_of(listener, scheme=scheme)
        supervisor = Supervisor(
            _programs(settings, listener.fileno(), controller, senders),
            environment=child_environment(settings),
            manager=ServiceManager(os.environ),
        )

        def stopping() -> None:
            _log.info("stopping: finishing the open transactions; press Ctrl-C again to leave at once")

        async def supervise() -> None:
            await supervisor.run(
                stop_on_signals(stopping, supervisor.kill), on_ready=lambda: _log.info("ready on %s", url)
            )

        run(supervise())
    _log.info("stopped")


def check_worker(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the worker listens.", show_default=False)],
    ca_file: Annotated[
        str, typer.Option(metavar="FILE", help="The only authority whose certificate it may show.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Check whether a worker, ours or anybody's, keeps the protocol. Nothing is sent. Its keys are in the environment."""
    settings = settings_of(None)
    try:
        keys = read_keys(settings.worker_api_key, settings.worker_signing_key)
    except ValueError as error:
        raise InputError([Problem(file="environment", field="WORKER_SIGNING_KEY", message=str(error))]) from None
    if not keys.bearer:
        raise InputError(
            [Problem(file="environment", field="WORKER_API_KEY", message="is empty: it needs the worker's key")]
        )
    checks = Conformance(url, keys, ca_file=ca_file, timeout_seconds=settings.worker_timeout_seconds, now=time.time)
    broken = 0
    for finding in checks.run():
        broken += not finding.is_kept
        if as_json:
            print_json({"promise": finding.promise, "kept": finding.is_kept, "wrong": finding.wrong or None})
        else:
            print_lines(
                [
                    clean(
                        f"{'ok   ' if finding.is_kept else 'FAIL '} {finding.promise}{': ' if finding.wrong else ''}{finding.wrong}"
                    )
                ]
            )
    if broken:
        raise typer.Exit(ExitCode.FAILED)


def _programs(settings: Settings, descriptor: int, controller: str, senders: int) -> list[Program]:
    """The doors end last, so that what the senders finish is still reported."""
    doors = child_command("worker", "worker", "--listener", str(descriptor), "--controller", controller)
    return [
        Program(
            name="worker",
            command=doors,
            farewell_seconds=_DOORS_FAREWELL_SECONDS,
            file_descriptors=(descriptor,),
            stop_turn=1,
        ),
        *(
            sender_program(settings, name, waits_for="worker")
            for name in (f"sender-{number}" for number in range(1, senders + 1))
        ),
    ]


def _read_address(words: str) -> tuple[str, int]:
    host, _, port = words.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        message = f"accepts HOST:PORT such as 0.0.0.0:8600, got {words[:60]!r}"
        raise InputError([Problem(file="worker", field="--listen", message=message)])
    return host.strip("[]"), int(port)
