"""The processes that ``paceline serve`` and ``paceline send`` start: ``python -m paceline.cli.child api|background|sender``. Not for people.

Each part is imported where it is run: a process loads what its own part needs.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence

from paceline.cli.failures import ExitCode, explain_failure
from paceline.cli.process_life import log_as, say_ready, when_orphaned
from paceline.settings import Settings, read_settings


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
            _sender(settings, options.campaign)
    except Exception as error:
        return explain_failure(error)
    return ExitCode.DONE


def _api(settings: Settings, listener: int) -> None:
    from paceline.cli.api_process import serve_api

    when_orphaned(lambda: os._exit(ExitCode.DONE))  # at once, so that the port is free for the next supervisor
    serve_api(settings, socket.socket(fileno=listener), on_ready=say_ready)


def _background(settings: Settings) -> None:
    from paceline.cli.background_process import serve_background

    serve_background(settings)


def _worker(settings: Settings, listener: int, controller: str) -> None:
    from paceline.cli.worker_process import serve_worker

    when_orphaned(lambda: os._exit(ExitCode.DONE))  # at once, so that the port is free for the next supervisor
    serve_worker(settings, socket.socket(fileno=listener), controller, on_ready=say_ready)


def _sender(settings: Settings, campaign_id: int | None) -> None:
    from paceline.cli.interruption import run
    from paceline.cli.sender import send

    run(send(settings, on_ready=say_ready, is_child=True, campaign_id=campaign_id))


if __name__ == "__main__":
    main()
