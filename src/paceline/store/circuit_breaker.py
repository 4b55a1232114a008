"""Stops asking a database that does not answer: callers fail at once, and one of them tries again after a while.

Closed: calls go through. Open: after several failures in a row calls fail at once, until a pause is over. Half-open: one
call is let through as a probe; its success closes the breaker, its failure opens it for twice as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum

from paceline.domain.errors import StoreUnavailable

_LONGEST_PAUSE_SECONDS = 5.0
_LONGEST_PROBE_SECONDS = 10.0


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"  # all of them
    OPEN = "open"  # none
    HALF_OPEN = "half_open"  # one, to see


class CircuitBreaker:
    """One breaker in front of one database. Safe to use from several threads."""

    def __init__(
        self, name: str, *, failures: int, pause_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Open after that many ``failures`` in a row, at first for ``pause_seconds``."""
        self._name = name
        self._allowed = failures
        self._first_pause = pause_seconds
        self._now = now
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = pause_seconds
        self._opened_at: float | None = None
        self._probe_since: float | None = None
        self._reason = ""
        self.openings = 0
        """How often it has opened."""

    def admit(self) -> None:
        """Let a call through or not. Raises StoreUnavailable with the seconds after which to ask again."""
        with self._lock:
            if self._opened_at is None:
                return
            now = self._now()
            left = self._opened_at + self._pause - now
            probing = self._probe_since is not None and now - self._probe_since < _LONGEST_PROBE_SECONDS
            if left <= 0 and not probing:
                self._probe_since = now
                return
            raise StoreUnavailable(
                f"{self._name} has not answered {self._failures} times in a row, the last time: {self._reason}",
                retry_after_seconds=max(left, 1.0),
            )

    def succeeded(self) -> None:
        """A call that was let through reached the database."""
        with self._lock:
            self._failures = 0
            self._pause = self._first_pause
            self._opened_at = self._probe_since = None

    def failed(self, reason: str) -> None:
        """A call that was let through did not reach the database."""
        with self._lock:
            self._reason = reason
            self._failures += 1
            if self._opened_at is None:
                if self._failures >= self._allowed:
                    self._opened_at = self._now()
                    self.openings += 1
            elif self._probe_since is not None:  # else a call from before it opened: nothing new
                self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
                self._opened_at, self._probe_since = self._now(), None

    @property
    def state(self) -> BreakerState:
        """How it stands now."""
        with self._lock:
            if self._opened_at is None:
                return BreakerState.CLOSED
            over = self._now() >= self._opened_at + self._pause
            return BreakerState.HALF_OPEN if over else BreakerState.OPEN

    @property
    def seconds_until_probe(self) -> float:
        """How long it stays open; 0 when a call would be let through."""
        with self._lock:
            return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self._pause - self._now())
