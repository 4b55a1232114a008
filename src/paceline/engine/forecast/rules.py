"""The rules that say how many messages an account may begin at a moment, each as one object with the same two questions.

A rule of a new kind is one class here; what is common to several accounts is one object that all of them ask.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import BUCKET_SECONDS, Allowance, Exhaustion, bucket_of, limit_windows
from paceline.domain.block import described
from paceline.domain.sending_window import SendingWindow

FOREVER = math.inf
LEAST_INTERVAL_SECONDS = 1e-6
"""Between two messages of whatever is not slowed down."""
WARM_UP = "warm_up"
_QUARTER_SECONDS = 900
_LONGEST = {"minute": 60, "hour": 3600, "day": 90_000, "month": 31 * 86_400 + 3600}
_NO_LIMIT = 1 << 60


class Room(NamedTuple):
    """What may begin now. With no messages, ``until`` is the moment of the next room, and ``reason`` says why."""

    messages: float
    until: float
    """How long this holds: at that moment the rule must be asked again."""
    reason: str = ""
    of_campaign: bool = False
    """The reason is one of the whole campaign, not of an account."""


UNLIMITED = Room(FOREVER, FOREVER)


class Rule(Protocol):
    """One constraint. Asked with moments that never go back by more than one claim."""

    def room(self, at: float) -> Room:
        """How many messages may begin at this moment."""

    def use(self, first: float, interval: float, count: int) -> None:
        """``count`` messages begin, ``interval`` seconds apart; they are accepted."""


def tightest(rules: Sequence[Rule], at: float) -> Room:
    """All rules together: of those that say no the one that does so for longest, else the least room."""
    if len(rules) == 1:
        return rules[0].room(at)
    least, until, closed = FOREVER, FOREVER, None
    for rule in rules:
        room = rule.room(at)
        if room.messages <= 0:
            if closed is None or room.until > closed.until:
                closed = room
        else:
            least = min(least, room.messages)
            until = min(until, room.until)
    return closed or Room(least, until)


def rules_of(
    limits: Limits, usage: Sequence[tuple[int, int]], open_intents: int, *, at: float, interval: float, crowd: int = 1
) -> tuple[Rule, ...]:
    """The rules of an account's own limits, with what it has used. ``interval``: it is never faster than that.

    ``crowd``: how many accounts have these limits together.
    """
    if limits.window is Window.ROLLING:
        rule = RollingLimits(limits, usage, open_intents, at=at, crowd=crowd)
        return (rule,) if limit_windows(limits, at) else ()
    calendar = CalendarLimits(limits, usage, open_intents, at=at, interval=interval, crowd=crowd)
    return (calendar,) if calendar.binds else ()


class CalendarLimits:
    """Limits per calendar minute, hour, day and month: sums, because nothing in a window matters but its number."""

    __slots__ = ("_crowd", "_limits", "_rows")

    def __init__(
        self,
        limits: Limits,
        usage: Sequence[tuple[int, int]],
        open_intents: int,
        *,
        at: float,
        interval: float,
        crowd: int = 1,
    ) -> None:
        self._limits, self._crowd = limits, crowd
        self._rows: list[_Row] = []
        for window in limit_windows(limits, at):
            end = window.end or FOREVER
            used = sum(count for bucket, count in usage if (bucket + 1) * BUCKET_SECONDS > window.start) + open_intents
            fits = int((end - at) / interval) + 1 + used <= window.limit
            if window.unit == WARM_UP or not (fits and int(_LONGEST[window.unit] / interval) + 1 <= window.limit):
                self._rows.append(_Row(window.unit, window.limit, used, end))

    @property
    def binds(self) -> bool:
        """Whether any limit can ever be reached."""
        return bool(self._rows)

    def room(self, at: float) -> Room:
        """What the fullest of them leaves."""
        least, until, full = FOREVER, FOREVER, None
        for row in self._rows:
            if at >= row.end:
                self._begin(row, at)
            left = row.limit - row.used
            if left <= 0:
                if full is None or row.end > full.end:
                    full = row
            else:
                if left < least:
                    least = left
                if row.end < until:
                    until = row.end
        return Room(least, until) if full is None else Room(0, full.end, _reached(full.unit, full.limit, self._crowd))

    def _begin(self, row: _Row, at: float) -> None:
        """A new window: nothing is used of it, and a ramp has another amount."""
        row.used = 0
        if row.unit == WARM_UP:
            ramp = [window for window in limit_windows(self._limits, at) if window.unit == WARM_UP]
            row.limit, row.end = (ramp[0].limit, ramp[0].end or FOREVER) if ramp else (_NO_LIMIT, FOREVER)
        else:
            row.end = window_end(row.unit, self._limits, at)

    def use(self, first: float, interval: float, count: int) -> None:
        """They count in every window."""
        for row in self._rows:
            row.used += count


class OpenHours:
    """A campaign's sending window: as much as one likes while it is open."""

    __slots__ = ("_closes_at", "_opened_at", "_reason", "_window")

    def __init__(self, window: SendingWindow) -> None:
        self._window = window
        self._reason = f"outside its sending window ({described(window)})"
        self._opened_at = self._closes_at = -FOREVER

    def room(self, at: float) -> Room:
        """Whether it is open, and until when."""
        if not self._opened_at <= at < self._closes_at:
            opens = self._window.opens_at(at)
            if opens != at:
                return Room(0, FOREVER if opens is None else opens, self._reason, of_campaign=True)
            self._opened_at, self._closes_at = at, self._window.closes_at(at)
        return Room(FOREVER, self._closes_at)

    def use(self, first: float, interval: float, count: int) -> None:
        """Nothing is used up."""


class SharedLimits:
    """A limit that several accounts use up together."""

    __slots__ = ("_of_campaign", "_rule", "_title")

    def __init__(self, rule: Rule, title: str, *, of_campaign: bool) -> None:
        self._rule, self._title, self._of_campaign = rule, title, of_campaign

    def room(self, at: float) -> Room:
        """What is left for all of them."""
        room = self._rule.room(at)
        if room.messages > 0:
            return room
        return Room(0, room.until, f"{self._title}: {room.reason}", self._of_campaign)

    def use(self, first: float, interval: float, count: int) -> None:
        """They count for all of them."""
        self._rule.use(first, interval, count)


class _Row:
    """One limit, and what is used of it in the window that ends at ``end``."""

    __slots__ = ("end", "limit", "unit", "used")

    def __init__(self, unit: str, limit: int, used: int, end: float) -> None:
        self.unit, self.limit, self.used, self.end = unit, limit, used, end


class RollingLimits:
    """Limits over the last minute, hour, 24 hours, 30 days: the very allowance that a worker keeps."""

    __slots__ = ("_allowance", "_crowd")

    def __init__(
        self, limits: Limits, usage: Sequence[tuple[int, int]], open_intents: int, *, at: float, crowd: int = 1
    ) -> None:
        self._crowd = crowd
        self._allowance = Allowance(limits, usage, open_intents, at)

    def room(self, at: float) -> Room:
        """What the allowance leaves, and when the next bucket becomes old enough."""
        left = self._allowance.remaining(at)
        if left is None or left > 0:
            return Room(FOREVER if left is None else left, FOREVER)
        full = self._allowance.exhaustion(at)
        assert full is not None
        return Room(0, full.resumes_at, _reached(full.unit, full.limit, self._crowd))

    def use(self, first: float, interval: float, count: int) -> None:
        """They count in the buckets in which they begin."""
        self._allowance.open(count)
        begun = 0
        while begun < count:
            at = first + begun * interval
            end = (bucket_of(at) + 1) * BUCKET_SECONDS
            here = min(count - begun, max(1, math.ceil((end - at) / interval)))
            self._allowance.charge(at, here)
            begun += here


@lru_cache(maxsize=1000)
def _reached(unit: str, limit: int, crowd: int) -> str:
    """As a worker puts it that leaves its account."""
    name = Exhaustion(unit=unit, limit=limit, resumes_at=0.0).unit_name
    return f"{name} limit {limit} reached" if crowd == 1 else f"{name} limits of {crowd} accounts reached"


_ends: dict[tuple[str, str, int], float] = {}
_MOST_ENDS = 200_000


def window_end(unit: str, limits: Limits, at: float) -> float:
    """When the calendar window that contains this moment ends, in the time zone of the limits.

    Asked for every account and hour: what was found is kept, for the quarters of an hour in which it is the same.
    """
    if unit == "minute":
        return (at // 60 + 1) * 60  # zones differ by whole minutes
    key = (unit, limits.timezone.key or "", int(at // _QUARTER_SECONDS))
    found = _ends.get(key)
    if found is not None:
        return found
    window = next(window for window in limit_windows(limits, at) if window.unit == unit)
    end = FOREVER if window.end is None else window.end
    if window.start % _QUARTER_SECONDS == 0 and end % _QUARTER_SECONDS == 0:
        if len(_ends) > _MOST_ENDS:
            _ends.clear()
        _ends[key] = end
    return end
