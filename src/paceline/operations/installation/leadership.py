"""One leader at a time: whoever holds the lease does the work; it is taken over within seconds when its holder dies."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable

from paceline.clock import SteadyClock
from paceline.domain.errors import StoreUnavailable
from paceline.engine.process_identity import is_surely_dead, own_process
from paceline.store import leaderships
from paceline.store.database import Database

_log = logging.getLogger("paceline.operations")

_LONGEST_FAREWELL_SECONDS = 10.0


class Leadership:
    """This process's claim to lead one kind of work.

    On the same machine a dead holder is known at once; elsewhere its lease has to run out. A holder that cannot reach the
    database goes on until its lease is over by its own clock.
    """

    def __init__(self, database: Database, table: str, name: str, *, clock: SteadyClock, seconds: float) -> None:
        self.name = name
        self._database = database
        self._table = table
        self._clock = clock
        self.seconds = seconds
        self._process = own_process()
        self._holder = f"{self._process}/{secrets.token_hex(4)}"
        self._ours_until_boot = float("-inf")

    def hold(self) -> bool:
        """Take or keep the lead if nobody else has it; returns whether this process leads now."""
        boot = self._clock.boot()
        try:
            leading = self._take()
        except StoreUnavailable as failure:
            _log.warning("the lead of %s cannot be renewed: %s", self.name, failure)
            return boot < self._ours_until_boot
        self._ours_until_boot = boot + self.seconds if leading else float("-inf")
        return leading

    def give_back(self) -> None:
        """Let another process lead at once; where the database is away the lease runs out by itself."""
        self._ours_until_boot = float("-inf")
        try:
            with self._database.write() as connection:
                leaderships.give_back(connection, self._table, self.name, holder=self._holder)
        except StoreUnavailable as failure:
            _log.warning("the lead of %s cannot be given back: %s", self.name, failure)

    def _take(self) -> bool:
        now = self._clock.now()
        with self._database.read() as connection:
            found = leaderships.find(connection, self._table, self.name)
        dead = None
        if found is not None and found.holder != self._holder:
            dead = found.holder if is_surely_dead(found.holder.rpartition("/")[0]) else None
            if dead is None and found.until_at >= now:
                return False
        with self._database.write() as connection:
            return leaderships.take(
                connection,
                self._table,
                self.name,
                holder=self._holder,
                instead_of=dead,
                now=now,
                until_at=now + self.seconds,
            )


def lead(leadership: Leadership, work: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """Run ``work(over)`` in a thread whenever this process leads, until ``stop`` is set.

    ``over`` is set when the lead is lost or given back; the work then has to end soon.
    """
    under_way: tuple[threading.Thread, threading.Event] | None = None
    try:
        while not stop.is_set():
            leading = leadership.hold()
            if leading and (under_way is None or not under_way[0].is_alive()):
                _log.info("this process leads %s", leadership.name)
                under_way = _begin(work, leadership.name)
            elif not leading and under_way is not None:
                _log.warning("another process leads %s now", leadership.name)
                _end(*under_way)
                under_way = None
            stop.wait(leadership.seconds / 3)
    finally:
        if under_way is not None:
            _end(*under_way)
            leadership.give_back()


def _begin(work: Callable[[threading.Event], None], name: str) -> tuple[threading.Thread, threading.Event]:
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=f"paceline-{name}", daemon=True)
    thread.start()
    return thread, over


def _end(thread: threading.Thread, over: threading.Event) -> None:
    over.set()
    thread.join(_LONGEST_FAREWELL_SECONDS)
