"""What the processes of an installation have in common: a log with their name, and for children the tie to their supervisor."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from paceline.domain.errors import StoreUnavailable
from paceline.observability.logs import start_logs
from paceline.operations.context import QueueContext
from paceline.operations.installation.supervisor import READY
from paceline.settings import Settings

_log = logging.getLogger("paceline.cli")

_Context = TypeVar("_Context", bound=QueueContext)

_LONGEST_PAUSE_SECONDS = 5.0


def log_as(name: str, settings: Settings) -> None:
    """Let this process's log go to standard error under a name."""
    start_logs(form=settings.log_format, level=settings.log_level, process=name)


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


def say_ready() -> None:
    """Tell the supervisor that this child is at work."""
    os.write(sys.stdout.fileno(), READY)


def when_orphaned(act: Callable[[], object]) -> None:
    """Act when the supervisor is gone: standard input is a pipe of which it holds the other end."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        _log.warning("the supervisor is gone")
        act()

    threading.Thread(target=wait, name="paceline-lifeline", daemon=True).start()
