"""Messages per day of one time zone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


class DayCounts:
    """Counts messages by the date on which they begin."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._counts: Counter[str] = Counter()
        self._date, self._begins, self._ends = "", 0.0, 0.0

    def add(self, first: float, interval: float, count: int, messages: int) -> None:
        """``messages`` begin at ``count`` moments, ``interval`` seconds apart."""
        if not messages:
            return
        begun = given = 0
        while begun < count:
            at = first + begun * interval
            self._find(at)
            here = min(count - begun, max(1, -int(-(self._ends - at) // interval)))
            begun += here
            until_now = messages if begun == count else messages * begun // count
            self._counts[self._date] += until_now - given
            given = until_now

    def listed(self) -> list[tuple[str, int]]:
        """(date, messages) in order."""
        return sorted((date, count) for date, count in self._counts.items() if count)

    def empty(self) -> DayCounts:
        """A new one of the same zone."""
        return DayCounts(self.zone)

    def _find(self, at: float) -> None:
        if self._begins <= at < self._ends:
            return
        midnight = datetime.fromtimestamp(at, self.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        self._date = midnight.date().isoformat()
        self._begins, self._ends = midnight.timestamp(), (midnight + timedelta(days=1)).timestamp()
