"""A circuit breaker as a rule: after several failures in a row nothing is asked for a while, then one probe decides.

Closed: calls go through. Open: none does, until a pause is over. Half-open: one call is let through as a probe; its
success closes the breaker, its failure opens it for twice as long. The caller brings the time, in seconds.
"""

from __future__ import annotations

from enum import StrEnum


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"  # all of them
    OPEN = "open"  # none
    HALF_OPEN = "half_open"  # one, to see


class Breaker:
    """What one breaker remembers. Not safe to use from several threads."""

    def __init__(
        self, *, failures: int, pause_seconds: float, longest_pause_seconds: float, longest_probe_seconds: float
    ) -> None:
        """Open after that many ``failures`` in a row, at first for ``pause_seconds``.

        A probe that has not ended after ``longest_probe_seconds`` no longer keeps others from probing.
        """
        self._allowed = failures
        self._first_pause = pause_seconds
        self._longest_pause = longest_pause_seconds
        self._longest_probe = longest_probe_seconds
        self._pause = pause_seconds
        self._opened_at: float | None = None
        self._probe_since: float | None = None
        self.failures = 0
        """In a row."""
        self.openings = 0
        """How often it has opened."""

    def admit(self, now: float) -> float | None:
        """None: make the call, and tell how it ended. Else the seconds until one may be let through; 0 while one probes."""
        if self._opened_at is None:
            return None
        left = self._opened_at + self._pause - now
        probing = self._probe_since is not None and now - self._probe_since < self._longest_probe
        if left <= 0 and not probing:
            self._probe_since = now
            return None
        return max(left, 0.0)

    def succeeded(self) -> None:
        """A call that was let through has succeeded."""
        self.failures = 0
        self._pause = self._first_pause
        self._opened_at = self._probe_since = None

    def failed(self, now: float) -> None:
        """A call that was let through has failed."""
        self.failures += 1
        if self._opened_at is None:
            if self.failures >= self._allowed:
                self._opened_at = now
                self.openings += 1
        elif self._probe_since is not None:  # else a call from before it opened: nothing new
            self._pause = min(self._pause * 2, self._longest_pause)
            self._opened_at, self._probe_since = now, None

    def state(self, now: float) -> BreakerState:
        """How it stands."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if now >= self._opened_at + self._pause else BreakerState.OPEN

    def seconds_until_probe(self, now: float) -> float:
        """How long it stays open; 0 when a call would be let through."""
        return 0.0 if self._opened_at is None else max(0.0, self._opened_at + self._pause - now)
