"""What becomes of messages that were sent: accepted, refused, or deferred to another attempt."""

from __future__ import annotations

import math
from collections.abc import Callable

from paceline.domain.retry_policy import RetryPolicy
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.stock import Portion

_GOLDEN = 0.618033988749895
_PARTS = 4


class Answers:
    """The answers of receivers as they are expected, in whole messages that add up to the expected shares.

    Refusals also add up for each crew: its limits count what was accepted, and when it is limited others send the rest.
    """

    def __init__(self, plan: Plan, *, on_deferred: Callable[[float, Portion], None]) -> None:
        """``on_deferred`` is told of messages that are tried again, and when."""
        self._expected = plan.expected
        self._retries = plan.retries
        self._on_deferred = on_deferred
        self._owed: list[float] = []  # fractions of messages that are deferred, by attempt
        self._refused_of_all, self._refused_of = 0.5, dict[Crew, float]()  # the same of those that are refused
        self._deferrals = 0

    def accepted(self, crew: Crew, portions: list[Portion], at: float) -> list[Portion]:
        """Of messages of a crew that are answered at a moment those that are accepted."""
        if not self._expected.deferred and not self._expected.refused:
            return portions
        return [Portion(one.attempts, one.group, self._accepted_of(one, crew, at)) for one in portions]

    def _accepted_of(self, portion: Portion, crew: Crew, at: float) -> int:
        expected, attempts, taken = self._expected, portion.attempts, portion.messages
        deferred = expected.deferred[attempts] if attempts < len(expected.deferred) else 0.0
        refused = expected.refused if attempts == 0 else 0.0
        later = self._due(attempts, deferred * taken, most=taken) if deferred else 0
        never = self._refused(crew, refused * taken, most=taken - later) if refused else 0
        if later:
            self._defer(Portion(attempts + 1, portion.group, later), at)
        return taken - later - never

    def _due(self, attempts: int, share: float, *, most: int) -> int:
        """How many are deferred, in the order in which they are sent."""
        while len(self._owed) <= attempts:
            self._owed.append(0.5)
        owed = self._owed[attempts] + share
        due = min(int(owed), most)
        self._owed[attempts] = owed - due
        return due

    def _refused(self, crew: Crew, share: float, *, most: int) -> int:
        """How many of a crew's messages are refused: its own part, as long as all together are off by less than two."""
        own = self._refused_of.get(crew, 0.5) + share
        self._refused_of_all += share
        of_all = math.floor(self._refused_of_all)
        due = min(most, max(of_all - 1, min(int(own), of_all + 1), 0))
        self._refused_of[crew] = own - due
        self._refused_of_all -= due
        return due

    def _defer(self, portion: Portion, at: float) -> None:
        """They come back after the delay that the campaign's rules give, spread as their jitter spreads them."""
        parts = min(portion.messages, _PARTS)
        for part in range(parts):
            jitter = (0.5 + self._deferrals * _GOLDEN) % 1.0  # a single one comes back at the mean moment
            self._deferrals += 1
            delay = _delay(self._retries, portion.attempts, jitter=jitter)
            if delay is not None:
                share = portion.messages // parts + (part < portion.messages % parts)
                self._on_deferred(at + delay, Portion(portion.attempts, portion.group, share))


def _delay(policy: RetryPolicy, attempts: int, *, jitter: float) -> float | None:
    return policy.delay_seconds(attempts, asked_seconds=None, elapsed_seconds=0.0, jitter=jitter)
