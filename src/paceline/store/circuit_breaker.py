"""Stops asking a database that does not answer: callers fail at once, and one of them tries again after a while.

The rule is domain/circuit_breaker.py; here it is safe to use from several threads, and refuses with StoreUnavailable.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from paceline.domain.circuit_breaker import Breaker, BreakerState
from paceline.domain.errors import StoreUnavailable
from paceline.domain.wording import counted

__all__ = ["BreakerState", "CircuitBreaker"]

_LONGEST_PAUSE_SECONDS = 5.0
_LONGEST_PROBE_SECONDS = 10.0


class CircuitBreaker:
    """One breaker in front of one database. Safe to use from several threads."""

    def __init__(
        self, name: str, *, failures: int, pause_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Open after that many ``failures`` in a row, at first for ``pause_seconds``."""
        self._name = name
        self._now = now
        self._lock = threading.Lock()
        self._rule = Breaker(
            failures=failures,
            pause_seconds=pause_seconds,
            longest_pause_seconds=_LONGEST_PAUSE_SECONDS,
            longest_probe_seconds=_LONGEST_PROBE_SECONDS,
        )
        self._reason = ""

    def admit(self) -> None:
        """Let a call through or not. Raises StoreUnavailable with the seconds after which to ask again."""
        with self._lock:
            wait = self._rule.admit(self._now())
            if wait is not None:
                raise StoreUnavailable(
                    f"{self._name} has not answered {counted(self._rule.failures, 'time')} in a row, the last time: {self._reason}",
                    retry_after_seconds=max(wait, 1.0),
                )

    def succeeded(self) -> None:
        """A call that was let through reached the database."""
        with self._lock:
            self._rule.succeeded()

    def failed(self, reason: str) -> None:
        """A call that was let through did not reach the database."""
        with self._lock:
            self._reason = reason
            self._rule.failed(self._now())

    @property
    def openings(self) -> int:
        """How often it has opened."""
        return self._rule.openings

    @property
    def state(self) -> BreakerState:
        """How it stands now."""
        with self._lock:
            return self._rule.state(self._now())

    @property
    def seconds_until_probe(self) -> float:
        """How long it stays open; 0 when a call would be let through."""
        with self._lock:
            return self._rule.seconds_until_probe(self._now())
