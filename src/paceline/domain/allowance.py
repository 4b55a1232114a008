"""What an account may still send: limits over calendar or rolling windows, counted in buckets of 10 s.

A message counts from its intent on: while it is open (no answer yet) in every window, afterwards in the bucket of its
answer. A definite refusal is not counted. So every limit is a sum over a range, and a changed limit or time zone needs no reset.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from paceline.domain.account import Limits, Window
from paceline.domain.warm_up import WarmUp

BUCKET_SECONDS = 10

_LENGTH_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "month": 30 * 86400}
_WARM_UP = "warm_up"
LONGEST_WINDOW_SECONDS = 31 * 86400 + 3600
"""Usage older than this counts in no window."""


def bucket_of(at: float) -> int:
    """The number of the 10-second bucket (UTC) that an instant falls in."""
    return int(at // BUCKET_SECONDS)


def window_seconds(unit: str) -> float:
    """How long a window of this unit usually is."""
    return float(_LENGTH_SECONDS["day" if unit == _WARM_UP else unit])


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitWindow:
    """One limit and the window in which it holds now. ``end`` is None for rolling windows.

    ``unit`` is minute, hour, day or month, or warm_up for the day's limit of a ramp.
    """

    unit: str
    limit: int
    start: float
    end: float | None


def limit_windows(limits: Limits, now: float) -> tuple[LimitWindow, ...]:
    """The windows of all limits that are set, shortest first."""
    amounts = {"minute": limits.minute, "hour": limits.hour, "day": limits.day, "month": limits.month}
    windows = tuple(_window(unit, amount, limits, now) for unit, amount in amounts.items() if amount > 0)
    return windows if limits.warm_up is None else (*windows, *_warm_up(limits.warm_up, limits, now))


def _warm_up(warm_up: WarmUp, limits: Limits, now: float) -> tuple[LimitWindow, ...]:
    """The ramp's limit of today; after its end none. A day's amount is always that of a calendar day."""
    amount = warm_up.limit_on(datetime.fromtimestamp(now, UTC).astimezone(limits.timezone).date())
    if amount is None:
        return ()
    start, end = _calendar_range("day", limits, now)
    return (LimitWindow(unit=_WARM_UP, limit=amount, start=start, end=end),)


def _window(unit: str, amount: int, limits: Limits, now: float) -> LimitWindow:
    if limits.window is Window.ROLLING:
        return LimitWindow(unit=unit, limit=amount, start=now - _LENGTH_SECONDS[unit], end=None)
    start, end = _calendar_range(unit, limits, now)
    return LimitWindow(unit=unit, limit=amount, start=start, end=end)


def calendar_start(unit: str, limits: Limits, now: float) -> float:
    """The start of the current calendar minute, hour, day or month in the account's time zone."""
    return _calendar_range(unit, limits, now)[0]


def _calendar_range(unit: str, limits: Limits, now: float) -> tuple[float, float]:
    local = datetime.fromtimestamp(now, UTC).astimezone(limits.timezone)
    if unit in ("minute", "hour"):
        # Measured back from now, not built from local fields: in the hour that summer time repeats, each has its window.
        into = local.second + local.microsecond / 1e6 + (local.minute * 60 if unit == "hour" else 0)
        start = float(round(now - into))
        return start, start + _LENGTH_SECONDS[unit]
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "month":
        midnight = midnight.replace(day=1)
        following = (midnight + timedelta(days=32)).replace(day=1)
    else:
        following = midnight + timedelta(days=1)
    return midnight.timestamp(), following.timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhaustion:
    """Which limit holds an account up, and the moment it has room again."""

    unit: str
    limit: int
    resumes_at: float

    @property
    def unit_name(self) -> str:
        """The unit as the settings call it."""
        return {"minute": "minute", "hour": "hourly", "day": "daily", "month": "monthly", _WARM_UP: "warm-up"}[
            self.unit
        ]


class Allowance:
    """The usage of one account, kept as sums so that asking costs the same after one and after a million messages."""

    def __init__(self, limits: Limits, usage: Iterable[tuple[int, int]], open_count: int, now: float) -> None:
        """``usage`` is (bucket, count), in any order; ``open_count`` the intents that have no answer yet."""
        self._limits = limits
        self._buckets: list[list[int]] = [list(row) for row in sorted(usage)]
        self.open_count = open_count
        self._windows: list[_RunningSum] = []
        self._until = float("-inf")
        self._refresh(now)

    def remaining(self, now: float) -> int | None:
        """Messages that may still begin now; None is unlimited. Never negative."""
        if not self._windows and self._until == float("inf"):
            return None
        self._advance(now)
        return min((max(w.window.limit - w.total - self.open_count, 0) for w in self._windows), default=None)

    def open(self, count: int = 1) -> None:
        """An intent is about to be made."""
        self.open_count += count

    def refund(self, count: int = 1) -> None:
        """An intent ended in a definite refusal or was withdrawn."""
        self.open_count -= count

    def charge(self, at: float, count: int = 1) -> None:
        """An intent was answered with an acceptance, or its answer is given up as uncertain."""
        self.open_count -= count
        bucket = bucket_of(at)
        if self._buckets and self._buckets[-1][0] >= bucket:
            self._buckets[-1][1] += count
        else:
            self._buckets.append([bucket, count])
        for window in self._windows:
            window.total += count

    def learn(self, bucket: int, count: int) -> None:
        """Somebody else has charged: so many messages are in a bucket now, one of the newest."""
        place = len(self._buckets)
        while place and self._buckets[place - 1][0] > bucket:
            place -= 1
        if place and self._buckets[place - 1][0] == bucket:
            place -= 1
            added, self._buckets[place][1] = count - self._buckets[place][1], count
        else:
            added = count
            self._buckets.insert(place, [bucket, count])
            for window in self._windows:
                window.index += place < window.index
        for window in self._windows:
            window.total += added if place >= window.index else 0

    def exhaustion(self, now: float) -> Exhaustion | None:
        """The limit that holds longest and when it ends, or None while something remains."""
        self._advance(now)
        full = [w for w in self._windows if w.total + self.open_count >= w.window.limit]
        if not full:
            return None
        latest = max(full, key=lambda w: self._frees_at(w, now))
        return Exhaustion(unit=latest.window.unit, limit=latest.window.limit, resumes_at=self._frees_at(latest, now))

    def _frees_at(self, running: _RunningSum, now: float) -> float:
        if running.window.end is not None:
            return running.window.end
        length = _LENGTH_SECONDS[running.window.unit]
        excess = running.total + self.open_count - running.window.limit + 1
        for bucket, count in self._buckets[running.index :]:
            excess -= count
            if excess <= 0:
                return float((bucket + 1) * BUCKET_SECONDS + length)
        return now + length

    def _advance(self, now: float) -> None:
        if now >= self._until:
            self._refresh(now)
            return
        if self._limits.window is Window.ROLLING:
            for running in self._windows:
                if running.window.end is None:
                    running.drop_before(now - _LENGTH_SECONDS[running.window.unit], self._buckets)

    def _refresh(self, now: float) -> None:
        """Find the windows of now anew; only calendar windows ever end."""
        self._windows = [_RunningSum(window, self._buckets) for window in limit_windows(self._limits, now)]
        self._until = min((w.window.end for w in self._windows if w.window.end is not None), default=float("inf"))


class _RunningSum:
    """What lies in one window: an index into the buckets and the sum from there on."""

    __slots__ = ("index", "total", "window")

    def __init__(self, window: LimitWindow, buckets: list[list[int]]) -> None:
        self.window = window
        self.index = 0
        self.total = sum(count for _, count in buckets)
        self.drop_before(window.start, buckets)

    def drop_before(self, start: float, buckets: list[list[int]]) -> None:
        """Leave out the buckets that ended before the window starts; one that it cuts still counts whole."""
        while self.index < len(buckets) and (buckets[self.index][0] + 1) * BUCKET_SECONDS <= start:
            self.total -= buckets[self.index][1]
            self.index += 1
