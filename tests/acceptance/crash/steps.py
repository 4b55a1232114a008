"""Every step of a delivery at which a sender can be caught, each as a wrapper around the product's own function.

A sender that is caught stops itself with SIGSTOP, all threads at once; whoever watches looks at what it left behind and
kills it, or lets it wake up. The product has no hooks for this.
"""

from __future__ import annotations

import contextlib
import functools
import random
import signal
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from paceline.channels.smtp.connection import Connection
from paceline.channels.smtp.session import SmtpSession
from paceline.channels.smtp.wire import TERMINATOR
from paceline.engine.delivery import Delivery
from paceline.launch.file_launch import FileLaunch
from paceline.store import migrations, opening
from paceline.store.database import Database
from paceline.store.migrations import Schema
from paceline.store.queue.deliveries import Batch, Deliveries
from paceline.store.sqlite import _Turn

Step = Callable[[], None]
_Result = TypeVar("_Result")

_LONGEST_WRITE_SECONDS = 2.0
_LONGEST_START_SECONDS = 0.3
_LONGEST_MOMENT_SECONDS = 0.05


_turns: weakref.WeakSet[_Turn] = weakref.WeakSet()
"""All of this process. The collector knows them too, but in a thread that asks it others may see their tuples break."""


def _remember_turns() -> None:
    original = _Turn.__init__

    @functools.wraps(original)
    def wrapped(self: _Turn, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        _turns.add(self)

    _Turn.__init__ = wrapped  # type: ignore[method-assign]  # wrapped here: the product keeps no list of its turns


_remember_turns()


def freeze() -> None:
    """Stop this process as SIGSTOP does from outside; the thread that asks for it goes no further.

    On SQLite not while another of its threads writes: then everybody else waits for as long as it sleeps, and a test that
    lets others go on meanwhile would wait for ever.
    """
    with contextlib.ExitStack() as held:
        for turn in list(_turns):
            if _taken(turn):
                held.callback(turn._let_go)
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _taken(turn: _Turn) -> bool:
    """Whether it could be had while no thread of this process writes or waits to write."""
    deadline = time.monotonic() + _LONGEST_WRITE_SECONDS
    while time.monotonic() < deadline:
        with turn._mutex:
            if not turn._taken:
                turn._taken = True
                return True
        time.sleep(0.001)
    return False


class Countdown:
    """Stops the process at the n-th call."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            freeze()


def install(name: str, calls: int) -> None:
    """Stop this process at the n-th time it reaches this step."""
    STEPS[name](Countdown(calls))


def _before(owner: type[Any], name: str, step: Step, *, when: Callable[..., bool] = lambda *_: True) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if when(*arguments):
            step()
        return original(*arguments, **options)

    setattr(owner, name, wrapped)


def _after(owner: type[Any], name: str, step: Step, *, when: Callable[..., bool] = lambda *_: True) -> None:
    """``when`` gets the arguments and, as the last one, the result."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        result = original(*arguments, **options)
        if when(*arguments, result):
            step()
        return result

    setattr(owner, name, wrapped)


def _after_awaiting(owner: type[Any], name: str, step: Step, *, result_is: object) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    async def wrapped(*arguments: Any, **options: Any) -> Any:
        result = await original(*arguments, **options)
        if result is result_is:
            step()
        return result

    setattr(owner, name, wrapped)


def _half_a_body(step: Step) -> None:
    original = Connection.write_body

    async def wrapped(self: Connection, data: bytes, seconds: float) -> None:
        middle = len(data) // 2
        await original(self, data[:middle], seconds)
        step()
        await original(self, data[middle:], seconds)

    Connection.write_body = wrapped  # type: ignore[method-assign]  # to be caught half-way


def _any_moment(step: Step, longest_seconds: float) -> None:
    timer = threading.Timer(random.random() * longest_seconds, step)
    timer.daemon = True
    timer.start()


def _any_moment_after_a_reply(step: Countdown) -> None:
    class _Later(Countdown):
        def __call__(self) -> None:
            self._left -= 1
            if self._left == 0:
                _any_moment(freeze, _LONGEST_MOMENT_SECONDS)

    _after(SmtpSession, "_answered", _Later(step._left))


def _asks(part: str) -> Callable[..., bool]:
    def has(deliveries: Deliveries, batch: Batch, *_: object) -> bool:
        return bool(getattr(batch, part))

    return has


def _tables_made(step: Step) -> None:
    original = migrations.upgrade

    def wrapped(database: Database, schema: Schema) -> None:
        original(database, schema)
        step()

    opening.upgrade = wrapped  # type: ignore[attr-defined]  # replaced where it is called from


STEPS: dict[str, Callable[[Any], None]] = {
    "tables made": _tables_made,
    "before a part is queued": lambda step: _before(FileLaunch, "_add", step),
    "a part is queued": lambda step: _after(FileLaunch, "_add", step),
    "claim not committed": lambda step: _before(Deliveries, "exchange", step, when=_asks("claims")),
    "claimed": lambda step: _after(Deliveries, "exchange", step, when=lambda *a: any(a[-1].claimed)),
    "after RCPT": lambda step: _after_awaiting(SmtpSession, "_agree", step, result_is=None),
    "mid-body": _half_a_body,
    "before the intent": lambda step: _after_awaiting(Delivery, "_offer", step, result_is=None),
    "intent not committed": lambda step: _before(Deliveries, "exchange", step, when=_asks("intents")),
    "intent committed": lambda step: _after(Deliveries, "exchange", step, when=lambda *a: bool(a[-1].granted)),
    "after the intent": lambda step: _after_awaiting(Delivery, "_intend", step, result_is=None),
    "after the dot": lambda step: _after(Connection, "write", step, when=lambda *a: a[1].startswith(TERMINATOR)),
    "after the reply": lambda step: _after(SmtpSession, "_answered", step),
    "record not committed": lambda step: _before(Deliveries, "exchange", step, when=_asks("reports")),
    "after the record": lambda step: _after(Deliveries, "exchange", step, when=_asks("reports")),
    "any moment after the start": lambda step: _any_moment(freeze, _LONGEST_START_SECONDS),
    "any moment while sending": _any_moment_after_a_reply,
}
"""Name -> what puts the wrapper in place."""
