"""A token bucket per subject, in the memory of this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_SUBJECTS = 20_000


class RateLimit:
    """At most ``per_second`` on average and ``burst`` at once, for each subject by itself."""

    def __init__(self, *, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, subject: str) -> int:
        """Take one; 0 when it was there, else the whole seconds after which it will be."""
        now = self._clock()
        left, at = self._buckets.pop(subject, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._buckets[subject] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MOST_SUBJECTS:  # whoever was silent for longest has a full bucket anyway
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) / self._per_second))
