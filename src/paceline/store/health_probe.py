"""Asks a database now and then whether it is there, so that its return is noticed without anybody's request."""

from __future__ import annotations

import logging
import threading

from paceline.domain.errors import StoreUnavailable
from paceline.store.database import Database

_log = logging.getLogger("paceline.store")

_SHORTEST_PAUSE_SECONDS = 0.2


class HealthProbe:
    """A thread that looks after one database: every ``seconds``, and while its breaker is open whenever that allows."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: str | None = None
        """Why the last probe failed; None when it did not."""
        self.answered_in_seconds: float | None = None
        """How long the last answer took."""

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="paceline-health", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; may be called twice, and before the start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def look(self) -> None:
        """Ask once, and say so in the log when the answer is another than before."""
        try:
            self.answered_in_seconds = self._database.probe()
        except StoreUnavailable as failure:
            if self.failure is None:
                _log.warning("the database cannot be reached: %s", failure)
            self.failure = str(failure)
        else:
            if self.failure is not None:
                _log.warning("the database %s is back", self._database.name)
            self.failure = None

    def _run(self) -> None:
        while not self._stopping.wait(self._pause()):
            self.look()

    def _pause(self) -> float:
        if self.failure is None and self._database.breaker_is_closed:
            return self._seconds
        return max(self._database.seconds_until_probe, _SHORTEST_PAUSE_SECONDS)
