"""When a remote worker may report to its controller, and how much at once: rules that spare the controller.

Pure: the caller brings the time (seconds of any clock that does not go back) and the chance. ``scale`` shortens every
interval alike, for tests.
"""

from __future__ import annotations

from dataclasses import dataclass

from paceline.domain.circuit_breaker import Breaker, BreakerState

SPACING_SECONDS = 15.0
"""At least so long between any two requests of one worker, of all its campaigns together."""

MOST_IN_FLIGHT = 2
"""Requests of one worker that may wait for their answers at the same time."""

USUAL_BATCH = 100
"""Events in one report; more only when more are waiting, then as many as the controller has announced."""

_INTERVALS = ((20.0, 120.0), (60.0, 90.0), (120.0, 45.0))
_SHORTEST_INTERVAL_SECONDS = 30.0
_LONGEST_BACKOFF_SECONDS = 900.0
_FAILURES_BEFORE_OPEN = 3
_BREAKER_PAUSE_SECONDS = 60.0
_LONGEST_PROBE_SECONDS = 120.0


def interval_seconds(messages_per_minute: float) -> float:
    """The time between reports at the speed of all running campaigns together: up to 20 a minute 120 s, up to 60 90 s,
    up to 120 45 s, above that 30 s.
    """
    for fastest, interval in _INTERVALS:
        if messages_per_minute <= fastest:
            return interval
    return _SHORTEST_INTERVAL_SECONDS


def batch_size(waiting: int, announced: int) -> int:
    """How many events the next report carries."""
    return min(waiting, USUAL_BATCH if waiting <= USUAL_BATCH else max(announced, USUAL_BATCH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What there is to report."""

    events: int
    urgent: bool
    """An unsubscribe, a complaint, the end or a pause of a campaign: the next free slot is theirs."""
    active: bool
    """Whether a campaign is under way: then there is a report at every interval, if only as a sign of life."""
    messages_per_minute: float


class UpdateSchedule:
    """The one schedule of a worker."""

    def __init__(self, *, scale: float = 1.0, announced: int = USUAL_BATCH, not_before: float | None = None) -> None:
        """``not_before``: a process that follows another one cannot know when that last asked, and waits the spacing."""
        self._scale = scale
        self._ended_at: float | None = None
        self._not_before = not_before
        self._in_flight = 0
        self._breaker = Breaker(
            failures=_FAILURES_BEFORE_OPEN,
            pause_seconds=_BREAKER_PAUSE_SECONDS * scale,
            longest_pause_seconds=_LONGEST_BACKOFF_SECONDS * scale,
            longest_probe_seconds=_LONGEST_PROBE_SECONDS,
        )
        self.announced = announced
        """Events that the controller takes at once."""

    def next_at(self, waiting: Waiting, now: float) -> float | None:
        """When the next report is due; None while there is nothing to say, or an answer is awaited."""
        if self._in_flight or not (waiting.events or waiting.active):
            return None
        due = now if self._ended_at is None else self._ended_at + self.pause_after(waiting)
        if self._not_before is not None:
            due = max(due, self._not_before)
        return max(due, now + self._breaker.seconds_until_probe(now))

    def pause_after(self, waiting: Waiting) -> float:
        """From the end of the last request to the next one, in seconds, while all is well."""
        if waiting.events and (waiting.urgent or waiting.events > max(self.announced, USUAL_BATCH)):
            return SPACING_SECONDS * self._scale
        return interval_seconds(waiting.messages_per_minute) * self._scale

    def begin(self, now: float) -> None:
        """A request leaves."""
        self._breaker.admit(now)
        self._in_flight += 1

    def succeeded(self, now: float) -> None:
        """Its answer is here: the spacing counts from now, so that it holds at the controller whatever the way takes."""
        self._end(now)
        self._breaker.succeeded()
        self._not_before = None

    def failed(self, now: float, *, jitter: float, retry_after_seconds: float | None = None) -> None:
        """It failed. ``jitter`` in [0, 1) spreads the next try over the whole pause; Retry-After is a least."""
        self._end(now)
        self._breaker.failed(now)
        pause = min(SPACING_SECONDS * 2.0 ** min(self._breaker.failures, 20), _LONGEST_BACKOFF_SECONDS) * self._scale
        least = max(SPACING_SECONDS * self._scale, retry_after_seconds or 0.0)
        self._not_before = now + max(pause * jitter, least)

    def _end(self, now: float) -> None:
        self._ended_at = now
        self._in_flight -= 1

    @property
    def failures(self) -> int:
        """Reports that failed in a row."""
        return self._breaker.failures

    def breaker_state(self, now: float) -> BreakerState:
        """Whether the controller is asked."""
        return self._breaker.state(now)
