"""What becomes of messages that were sent: accepted, refused, or deferred to another attempt."""

from __future__ import annotations

from collections.abc import Callable

from paceline.domain.retry_policy import RetryPolicy
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.stock import Portion

_GOLDEN = 0.618033988749895
_PARTS = 4


class Answers:
    """The answers of receivers as they are expected, in whole messages that add up to the expected shares.

    Each crew has its own part of them: handed to whoever sends next, they would go to those that take small bites, and a
    slow account that has two more of them finishes later.
    """

    def __init__(self, plan: Plan, *, on_deferred: Callable[[float, Portion], None]) -> None:
        """``on_deferred`` is told of messages that are tried again, and when."""
        self._expected = plan.expected
        self._retries = plan.retries
        self._on_deferred = on_deferred
        self._owed: dict[Crew, list[list[float]]] = {}  # fractions of messages by attempt: [deferred, refused]
        self._begun = -1
        self._deferrals = 0

    def accepted(self, crew: Crew, portions: list[Portion], at: float) -> list[Portion]:
        """Of messages of a crew that are answered at a moment those that are accepted."""
        if not self._expected.deferred and not self._expected.refused:
            return portions
        owed = self._owed.setdefault(crew, [])
        return [Portion(one.attempts, one.group, self._accepted_of(one, owed, at)) for one in portions]

    def _accepted_of(self, portion: Portion, by_attempt: list[list[float]], at: float) -> int:
        expected, attempts, taken = self._expected, portion.attempts, portion.messages
        deferred = expected.deferred[attempts] if attempts < len(expected.deferred) else 0.0
        refused = expected.refused if attempts == 0 else 0.0
        if not deferred and not refused:
            return taken
        while len(by_attempt) <= attempts:
            self._begun += 1
            start = (0.5 + self._begun * _GOLDEN) % 1.0  # spread, so that the roundings of many crews cancel out
            by_attempt.append([start, start])
        owed = by_attempt[attempts]
        owed[0] += deferred * taken
        owed[1] += refused * taken
        later, never = min(int(owed[0]), taken), int(owed[1])
        never = min(never, taken - later)
        owed[0] -= later
        owed[1] -= never
        if later:
            self._defer(Portion(attempts + 1, portion.group, later), at)
        return taken - later - never

    def _defer(self, portion: Portion, at: float) -> None:
        """They come back after the delay that the campaign's rules give, spread as their jitter spreads them."""
        parts = min(portion.messages, _PARTS)
        for part in range(parts):
            self._deferrals += 1
            delay = _delay(self._retries, portion.attempts, jitter=self._deferrals * _GOLDEN % 1.0)
            if delay is not None:
                share = portion.messages // parts + (part < portion.messages % parts)
                self._on_deferred(at + delay, Portion(portion.attempts, portion.group, share))


def _delay(policy: RetryPolicy, attempts: int, *, jitter: float) -> float | None:
    return policy.delay_seconds(attempts, asked_seconds=None, elapsed_seconds=0.0, jitter=jitter)
