"""Other campaigns on the same accounts: the part of each account that is left for this one, and what they use of its limits.

They are reckoned as streams. Each has its weight's share of an account while it has messages, less where its own pace
asks for less; what one leaves the others get.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from paceline.domain.pacing import interval_seconds
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.plan import Plan, Rival
from paceline.engine.forecast.rules import FOREVER

_NEARLY_NOTHING = 1e-6
_MANY = 1 << 60


class _Stream:
    """One other campaign."""

    __slots__ = ("elsewhere", "left", "moved_at", "pace", "rival", "speed", "weight")

    def __init__(self, rival: Rival, start: float) -> None:
        self.rival = rival
        self.left = float(rival.messages)
        self.weight = max(rival.weight, _NEARLY_NOTHING)
        interval = interval_seconds(rival.rate_per_minute)
        self.pace = 1 / interval if interval else FOREVER
        self.elsewhere = rival.messages_per_second_elsewhere
        self.speed = self.elsewhere  # of all its accounts, by themselves
        self.moved_at = start

    def is_under_way(self, at: float) -> bool:
        window = self.rival.window
        if self.left < 1 or at < self.rival.starts_at:
            return False
        return window is None or window.by_recipient or window.opens_at(at) == at

    def pass_to(self, at: float) -> None:
        """What its other accounts have sent meanwhile."""
        if self.elsewhere and at > self.moved_at:
            part = min(1.0, self.pace / self.speed) if self.speed else 1.0
            self.left -= self.elsewhere * part * (at - self.moved_at)
        self.moved_at = max(self.moved_at, at)


class Rivals:
    """All other campaigns, and how they and this one share crews."""

    def __init__(self, plan: Plan, crews: Sequence[Crew]) -> None:
        self._weight = max(plan.weight, _NEARLY_NOTHING)
        self._streams = [_Stream(rival, plan.start) for rival in plan.rivals]
        for crew in crews:
            for place in crew.rivals:
                self._streams[place].speed += crew.speed

    def share(self, crew: Crew, at: float) -> float:
        """The campaign's own part of a crew now, above 0."""
        return 1.0 - sum(part for _, part in self._parts(crew, at, own=self._weight))

    def changes_at(self, crew: Crew, at: float) -> float:
        """Until when the shares stay as they are, about: by half of what is left of the rival that ends first."""
        found = FOREVER
        for stream, part in self._parts(crew, at, own=self._weight):
            if part and stream.speed:
                found = min(found, at + max(stream.left / (2 * stream.speed), crew.interval))
        return found

    def wanted(self, crew: Crew, places: int, at: float) -> int:
        """How many of the next messages of a crew are the campaign's own."""
        crew.credit += places * self.share(crew, at)
        wanted = int(crew.credit + _NEARLY_NOTHING)
        crew.credit -= wanted
        return wanted

    def others(self, crew: Crew, places: int, messages: int, at: float) -> int:
        """How many the others have sent beside so many of the campaign: what was left of the places, or their share."""
        parts = [(stream, part) for stream, part in self._parts(crew, at, own=self._weight) if part]
        if not parts:
            return 0
        whole = sum(part for _, part in parts)
        count = places - messages
        if whole < 1.0 and messages < places * (1.0 - whole) - 1:  # the campaign had less than its share
            count = min(count, round(max(messages, 1) * whole / (1.0 - whole)))
        for stream, part in parts:
            stream.left -= count * part / whole
        return count

    def catch_up(self, crew: Crew, at: float) -> None:
        """Reckon what they have sent through a crew while the campaign itself had nothing for it."""
        moment = crew.others_at
        while moment < at:
            parts = [(stream, part) for stream, part in self._parts(crew, moment, own=0.0) if part]
            if not parts:
                moment = at
                break
            rate = sum(part for _, part in parts) / crew.interval  # of each account
            room = crew.room_of_others(moment)
            if room.messages < 1:
                moment = max(room.until, moment + crew.interval)
                continue
            ends = [moment + stream.left * crew.interval / (2 * part * crew.width) for stream, part in parts]
            count = max(
                1, min(math.floor((min(at, room.until, *ends) - moment) * rate), int(min(room.messages, _MANY)))
            )
            crew.use(moment, 1 / rate, 0, count * crew.width)
            for stream, part in parts:
                stream.left -= count * crew.width * part / (rate * crew.interval)
            moment += count / rate
        crew.others_at = max(crew.others_at, moment)

    def _parts(self, crew: Crew, at: float, *, own: float) -> list[tuple[_Stream, float]]:
        """The part of a crew that each rival under way has now, beside a campaign of this weight (0: it wants nothing)."""
        there = []
        for place in crew.rivals:
            stream = self._streams[place]
            stream.pass_to(at)
            if stream.is_under_way(at):
                there.append((stream, stream.pace / stream.speed if stream.speed else FOREVER))
        parts: list[tuple[_Stream, float]] = []
        free, weights = 1.0, own + sum(stream.weight for stream, _ in there)
        for stream, wanted in sorted(there, key=lambda one: one[1] / one[0].weight):  # who wants least for its weight
            part = min(wanted, free * stream.weight / weights)
            parts.append((stream, part))
            free, weights = free - part, weights - stream.weight
        return parts
