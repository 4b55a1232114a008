"""The frame of recurring work: each chore in a thread of its own; one that fails is logged, kept on record for the health
check, tried again after a growing pause, and never stops the others.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paceline.domain.errors import PacelineError, StoreUnavailable
from paceline.operations.context import QueueContext
from paceline.store.queue import chore_failures

_log = logging.getLogger("paceline.operations")

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_WELL_AFTER_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Work that is repeated. ``work`` does what is due and returns the seconds until the next time."""

    name: str
    work: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Work that repeats itself: ``run`` goes on until its event is set."""

    name: str
    run: Callable[[threading.Event], None]


def attend(context: QueueContext, chores: Sequence[Chore | Watch], over: threading.Event) -> None:
    """Do all of these until ``over`` is set; returns when each has ended. Second copies elsewhere are harmless."""
    records = [_Record(context, chore.name) for chore in chores]
    threads = [
        threading.Thread(target=_attend, args=(chore, record, over), name=f"paceline-{chore.name}", daemon=True)
        for chore, record in zip(chores, records, strict=True)
    ]
    for thread in threads:
        thread.start()
    over.wait()
    for thread in threads:
        thread.join()


def _attend(chore: Chore | Watch, record: _Record, over: threading.Event) -> None:
    while not over.is_set():
        started = time.monotonic()
        try:
            pause = _once(chore, record, over)
        except Exception as error:
            lasted = time.monotonic() - started
            pause = record.failed(error, well_before=lasted > _WELL_AFTER_SECONDS)
        over.wait(pause)


def _once(chore: Chore | Watch, record: _Record, over: threading.Event) -> float:
    if isinstance(chore, Chore):
        pause = chore.work()
        record.succeeded()
        return pause
    well = threading.Timer(_WELL_AFTER_SECONDS, record.succeeded)
    well.daemon = True
    well.start()
    try:
        chore.run(over)
    finally:
        well.cancel()
    return _FIRST_PAUSE_SECONDS


class _Record:
    """How one chore fares: its failures in a row, in the log and on record."""

    def __init__(self, context: QueueContext, name: str) -> None:
        self._context = context
        self._name = name
        self._failures = 0
        self._looked = False

    def failed(self, error: Exception, *, well_before: bool) -> float:
        """It failed; returns the seconds until it is tried again."""
        self._failures = 1 if well_before else self._failures + 1
        longest = min(_FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_SECONDS)
        pause = longest * random.uniform(0.75, 1.0)
        expected = isinstance(error, PacelineError)
        _log.warning(
            "%s failed (%s in a row), again in %.1f s: %s",
            self._name,
            self._failures,
            pause,
            error if expected else repr(error),
            exc_info=None if expected else error,
        )
        if not isinstance(error, StoreUnavailable):  # then it could not be kept either
            self._keep(str(error) if expected else repr(error))
        return pause

    def succeeded(self) -> None:
        """It works; what an earlier process left on record goes as well."""
        if self._looked and not self._failures:
            return
        try:
            self._forget()
        except StoreUnavailable as failure:
            _log.warning("the record of %s cannot be cleared: %s", self._name, failure)
            return
        self._looked = True
        self._failures = 0

    def _forget(self) -> None:
        with self._context.queue.read() as connection:
            kept = any(failure.name == self._name for failure in chore_failures.every(connection))
        if kept:
            with self._context.queue.write() as connection:
                chore_failures.forget(connection, self._name)
            _log.info("%s works again", self._name)

    def _keep(self, reason: str) -> None:
        try:
            with self._context.queue.write() as connection:
                chore_failures.keep(connection, self._name, reason=reason[:500], now=self._context.clock.now())
        except StoreUnavailable as failure:
            _log.warning("the failure of %s cannot be kept: %s", self._name, failure)
