"""The background's process: recurring work and incoming mail, until a signal or until the supervisor is gone."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from paceline.bootstrap import open_context
from paceline.cli.process_life import open_when_there, say_ready, when_orphaned
from paceline.operations.incoming.receiving import listening_for_mail
from paceline.operations.installation.background import work_in_background
from paceline.settings import Settings


def serve_background(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; the second one ends it at once."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    when_orphaned(stop.set)
    context = open_when_there(lambda: open_context(settings), stop)
    if context is not None:
        try:
            with listening_for_mail(context):
                say_ready()
                work_in_background(context, stop)
        finally:
            context.close()
