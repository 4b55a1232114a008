"""Reads all mailboxes, each in a thread of its own; one that is added, changed or removed is noticed within seconds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from paceline.domain.errors import PacelineError
from paceline.outbound.address_guard import AddressGuard
from paceline.store.database import Database
from paceline.store.queue import mailboxes
from paceline.store.secrets import SecretBox
from paceline.tracking.bounce_mailbox import Connector, MailboxReader
from paceline.tracking.intake import Intake

_log = logging.getLogger("paceline.chores")

_LOOK_SECONDS = 2.0
_FAREWELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A reader at work."""

    revision: int
    thread: threading.Thread
    over: threading.Event


class MailboxReaders:
    """The readers of all mailboxes of the installation."""

    def __init__(
        self,
        *,
        queue: Database,
        box: SecretBox,
        intake: Intake,
        guard: AddressGuard,
        now: Callable[[], float],
        connections: int,
        poll_seconds: float,
    ) -> None:
        """``connections``: how many are open at once; ``poll_seconds``: how long a mailbox may go unlooked at."""
        self._queue = queue
        self._box = box
        self._intake = intake
        self._guard = guard
        self._now = now
        self._connections = threading.Semaphore(connections)
        self._poll_seconds = poll_seconds
        self._readings: dict[int, _Reading] = {}

    def run(self, stop: threading.Event) -> None:
        """Keep a reader for each mailbox until ``stop`` is set. Raises StoreUnavailable; a second call goes on."""
        try:
            while not stop.is_set():
                self._look()
                stop.wait(_LOOK_SECONDS)
        finally:
            self._end(list(self._readings))

    def _look(self) -> None:
        with self._queue.read() as connection:
            wanted = mailboxes.revisions(connection)
        self._end([number for number, one in self._readings.items() if wanted.get(number) != one.revision])
        for number in wanted:
            if number not in self._readings:
                self._begin(number)

    def _begin(self, number: int) -> None:
        try:
            with self._queue.read() as connection:
                found = mailboxes.open_one(connection, self._box, number)
        except PacelineError as error:
            _log.warning("the mailbox %s cannot be opened: %s", number, error)
            return
        if found is None:
            return
        mailbox, place = found
        reader = MailboxReader(
            mailbox,
            place,
            queue=self._queue,
            intake=self._intake,
            connect=Connector(self._guard),
            now=self._now,
            connections=self._connections,
            poll_seconds=self._poll_seconds,
        )
        over = threading.Event()
        thread = threading.Thread(target=reader.run, args=(over,), name=f"paceline-mailbox-{number}", daemon=True)
        self._readings[number] = _Reading(revision=mailbox.revision, thread=thread, over=over)
        thread.start()

    def _end(self, numbers: list[int]) -> None:
        readings = [self._readings.pop(number) for number in numbers]
        for one in readings:
            one.over.set()
        for one in readings:
            one.thread.join(_FAREWELL_SECONDS)
