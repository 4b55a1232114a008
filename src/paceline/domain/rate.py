"""Rates that a provider sets and moves: per number (additive increase, multiplicative decrease), and per recipient.

Only arithmetic; ``now`` comes from outside. The spacing of messages at a rate is in pacing.py.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, replace

_CUT = 0.7
_REACTION_SECONDS = 1.0
_SHARE_PER_SECOND = 0.01
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveRate:
    """Messages per second that a number may send now: the ceiling, until the provider refuses some.

    A refusal cuts the rate by 30 %; the refusals of the following second belong to what was under way and cut nothing.
    Afterwards it grows by a hundredth of the ceiling per second, but only while messages are accepted.
    """

    ceiling: float
    rate: float
    cut_at: float = float("-inf")
    grown_at: float = float("-inf")

    @classmethod
    def at_ceiling(cls, ceiling: float) -> AdaptiveRate:
        """A number of which nothing bad is known."""
        return cls(ceiling=ceiling, rate=ceiling)

    def below(self, ceiling: float) -> AdaptiveRate:
        """The same with another ceiling; the rate falls at once, and rises as after a refusal."""
        return self if ceiling == self.ceiling else replace(self, ceiling=ceiling, rate=min(self.rate, ceiling))

    def refused(self, now: float) -> AdaptiveRate:
        """The provider has refused a message because of the rate."""
        if now - self.cut_at < _REACTION_SECONDS:
            return self
        least = self.ceiling * _LEAST_SHARE
        return replace(self, rate=max(self.rate * _CUT, least), cut_at=now, grown_at=now + _REACTION_SECONDS)

    def accepted(self, now: float) -> AdaptiveRate:
        """The provider has accepted a message."""
        if self.rate >= self.ceiling or now <= self.grown_at:
            return self
        seconds = min(now - self.grown_at, 1.0)  # a pause proves nothing
        grown = self.rate + self.ceiling * _SHARE_PER_SECOND * seconds
        return replace(self, rate=min(grown, self.ceiling), grown_at=now)


STANDARD_PER_SECOND = 80.0
"""Messages a second that the provider allows an ordinary number; 1,000 where it was upgraded."""

INBOUND_SHARE = 1 / 16
"""What a number keeps back of its rate once people write to it: the provider counts both directions together."""

INBOUND_SECONDS = 86_400.0
"""How long after the last of their messages."""

PAIR_SECONDS = 6.0
"""One message per number and recipient in this time, in the long run."""

PAIR_BURST = 45
"""So many at once are borrowed from the future."""


class PairRate:
    """When the next message to one recipient may leave a number; recipients are forgotten when their time is over.

    Each message pushes the recipient's next slot 6 s further. Nothing is borrowed: campaigns are in no hurry.
    """

    def __init__(self, seconds: float = PAIR_SECONDS) -> None:
        self._seconds = seconds
        self._next_at: MutableMapping[str, float] = {}  # in the order of time, since all waits are the same

    def wait(self, recipient: str, now: float) -> float:
        """Seconds until a message to this recipient may leave; 0: now."""
        return max(0.0, self._next_at.get(recipient, now) - now)

    def sent(self, recipient: str, now: float) -> None:
        """A message has left."""
        self._forget(now)
        self._next_at.pop(recipient, None)
        self._next_at[recipient] = now + self._seconds

    def refused(self, recipient: str) -> None:
        """The message that has left was not taken: it counts for nothing."""
        self._next_at.pop(recipient, None)

    def _forget(self, now: float) -> None:
        while self._next_at:
            first = next(iter(self._next_at))
            if self._next_at[first] > now:
                return
            del self._next_at[first]
