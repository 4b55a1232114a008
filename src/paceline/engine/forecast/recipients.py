"""Limits that hold for some recipients only (of a domain, of a provider): who has to wait, and until when.

As in the engine, a full one holds back its own recipients when somebody comes to them; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from paceline.domain.account import Limits, Window
from paceline.engine.forecast.plan import Plan
from paceline.engine.forecast.rules import FOREVER, LEAST_INTERVAL_SECONDS, Room, Rule, rules_of, tightest
from paceline.engine.forecast.stock import Portion, Stock

_MOST_WINDOWS = 20_000
_LOOK_AGAIN_SECONDS = 60.0


class Recipients:
    """The groups of recipients with the limits that they share."""

    def __init__(self, plan: Plan, *, on_opening: Callable[[float, int], None], days: float, crews: int) -> None:
        """``on_opening`` is told the moment at which messages of a group that were put off may be taken again.

        ``days`` is about how long the campaign takes; very many short windows are reckoned as longer ones.
        """
        self._on_opening = on_opening
        rules = [
            rules_of(
                _coarse(one.limits, days * crews),
                one.usage,
                one.held,
                at=plan.start,
                interval=LEAST_INTERVAL_SECONDS,
            )
            for one in plan.recipient_limits
        ]
        self._rules: list[tuple[Rule, ...]] = [
            tuple(rule for place in group.limits for rule in rules[place]) for group in plan.groups
        ] or [()]
        self._parked: list[dict[int, int]] = [{} for _ in self._rules]  # of each group, by attempts
        self._awaited = [False] * len(self._rules)
        self.limit_some = any(self._rules)
        """Whether there is any such limit."""
        self.parked = 0
        """Messages that wait for room."""

    def until(self, at: float) -> float:
        """How long what holds for all groups now does not change by itself."""
        return min((tightest(rules, at).until for rules in self._rules if rules), default=FOREVER)

    def admit(self, stock: Stock, wanted: int, at: float) -> list[Portion]:
        """Take up to ``wanted`` messages that may be sent now; those on the way that may not are put off."""
        if not self.limit_some:
            return stock.take(wanted)
        admitted: list[Portion] = []
        reserved: dict[int, int] = {}  # by the identity of the rule
        missing = asked = wanted
        while missing > 0 and stock.left:
            before = missing
            for portion in stock.take(asked):
                allowed = min(portion.messages, missing, self._room(portion.group, at, reserved))
                if allowed:
                    admitted.append(portion._replace(messages=allowed))
                    missing -= allowed
                    for rule in self._rules[portion.group]:
                        reserved[id(rule)] = reserved.get(id(rule), 0) + allowed
                self._not_now(stock, portion._replace(messages=portion.messages - allowed), at, reserved)
            asked = missing if missing < before else 2 * asked
        return admitted

    def use(self, group: int, first: float, interval: float, accepted: int) -> None:
        """So many messages to a group were accepted."""
        if accepted:
            for rule in self._rules[group]:
                rule.use(first, interval, accepted)

    def release(self, group: int, at: float) -> list[Portion]:
        """Some of those that were put off may be taken now: as many as there is room for."""
        self._awaited[group] = False
        parked, room = self._parked[group], tightest(self._rules[group], at)
        left = min(room.messages, sum(parked.values()))
        released = []
        for attempts in sorted(parked, reverse=True):
            count = int(min(left, parked[attempts]))
            if count:
                released.append(Portion(attempts, group, count))
                parked[attempts] -= count
                left -= count
        self.parked -= sum(portion.messages for portion in released)
        self._parked[group] = {attempts: count for attempts, count in parked.items() if count}
        if self._parked[group]:
            self._await(group, room, at)
        return released

    def _room(self, group: int, at: float, reserved: dict[int, int]) -> int:
        rooms = [rule.room(at).messages - reserved.get(id(rule), 0) for rule in self._rules[group]]
        return int(max(0, min(rooms))) if rooms else 1 << 60

    def _not_now(self, stock: Stock, portion: Portion, at: float, reserved: dict[int, int]) -> None:
        """Taken and not wanted: it goes back where there is room for it, else it waits."""
        if not portion.messages:
            return
        if self._room(portion.group, at, reserved):
            stock.put(portion)
            return
        parked = self._parked[portion.group]
        parked[portion.attempts] = parked.get(portion.attempts, 0) + portion.messages
        self.parked += portion.messages
        if not self._awaited[portion.group]:
            self._await(portion.group, tightest(self._rules[portion.group], at), at)

    def _await(self, group: int, room: Room, at: float) -> None:
        self._awaited[group] = True
        self._on_opening(room.until if room.until < FOREVER else at + _LOOK_AGAIN_SECONDS, group)


def _coarse(limits: Limits, days: float) -> Limits:
    """The same amounts over longer windows, where the short ones are too many to be gone through: in so many days."""
    if limits.window is Window.ROLLING and 8640 * days > _MOST_WINDOWS:
        limits = replace(limits, window=Window.CALENDAR)
    if limits.minute and 1440 * days > _MOST_WINDOWS:
        hour = 60 * limits.minute
        limits = replace(limits, minute=0, hour=min(hour, limits.hour) if limits.hour else hour)
    if limits.hour and 24 * days > _MOST_WINDOWS:
        day = 24 * limits.hour
        limits = replace(limits, hour=0, day=min(day, limits.day) if limits.day else day)
    return limits
