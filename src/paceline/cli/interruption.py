"""Runs a coroutine on the fastest event loop there is, and turns signals into a wish to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with contextlib.suppress(ImportError):  # uvloop does not exist for Windows
    import uvloop

    _new_loop = uvloop.new_event_loop

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOW_CURSOR = b"\x1b[?25h\n"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in an event loop of its own."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(coroutine)


def stop_on_signals(on_first: Callable[[], None], on_second: Callable[[], None] = lambda: None) -> asyncio.Event:
    """An event that the first SIGINT, SIGTERM or SIGHUP sets; the second SIGINT or SIGTERM ends the process at once.

    ``on_second`` is called just before that, in a signal handler. Call this inside the loop; the signals stay caught until the process ends.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def leave(number: int, frame: FrameType | None) -> None:
        on_second()
        _leave_at_once(number, frame)

    def first() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, leave)
        if not stop.is_set():
            stop.set()
            on_first()

    for number in _SIGNALS:
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it
            loop.add_signal_handler(number, first)
    return stop


def _leave_at_once(number: int, frame: FrameType | None) -> None:
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(128 + number)
