"""When a campaign may send: weekdays, hours and holidays, on the clock of the campaign or of each recipient. Only arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_DAY_MINUTES = 24 * 60
_LONGEST_SEARCH_DAYS = 800
_LONGEST_OPEN_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingWindow:
    """The hours in which messages may be handed over; outside of them a campaign waits."""

    days: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    hours: tuple[tuple[int, int], ...] = ((0, _DAY_MINUTES),)
    """From and to in minutes after midnight; beyond 24 hours it ends on the following day."""
    holidays: frozenset[date] = frozenset()
    """Days on which nothing begins."""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    recipient_timezone: str = ""
    """The field of a contact that holds its time zone; empty: the campaign's ``timezone`` holds for all."""
    not_before: datetime | None = None
    """A local time without a zone: nobody gets a message before it is that time where the window is looked at."""

    @property
    def by_recipient(self) -> bool:
        """Whether every recipient has a clock of his own."""
        return bool(self.recipient_timezone)

    def zone_of(self, fields: Mapping[str, Any]) -> ZoneInfo:
        """The zone of a recipient; the campaign's where the field is empty or holds no zone."""
        return _zone(str(fields.get(self.recipient_timezone) or "")) or self.timezone

    def opens_at(self, now: float, zone: ZoneInfo | None = None) -> float | None:
        """``now`` while it is open, else the moment it opens; None when it does not within two years."""
        zone = zone or self.timezone
        if self.not_before is not None:
            now = max(now, self.not_before.replace(tzinfo=zone).timestamp())
        for start, end in self._spans(now, zone):
            if now < end:
                return max(start, now)
        return None

    def closes_at(self, now: float, zone: ZoneInfo | None = None) -> float:
        """When it closes, seen from a moment at which it is open; infinity when it stays open for more than a year."""
        zone = zone or self.timezone
        closes = now
        for start, end in self._spans(now, zone):
            if start > closes:
                return closes
            closes = max(closes, end)
            if closes > now + _LONGEST_OPEN_DAYS * 86400:
                return float("inf")
        return closes

    def minutes_a_week(self) -> int:
        """How long it is open in a week without holidays and changes of the clock."""
        week = 7 * _DAY_MINUTES
        return len(
            {
                (day * _DAY_MINUTES + minute) % week
                for day in self.days
                for span in self.hours
                for minute in range(*span)
            }
        )

    def _spans(self, now: float, zone: ZoneInfo) -> Iterator[tuple[float, float]]:
        """The open spans in their order, from the one that may have begun on the day before."""
        first = datetime.fromtimestamp(now, UTC).astimezone(zone).date() - timedelta(days=1)
        for number in range(_LONGEST_SEARCH_DAYS):
            day = first + timedelta(days=number)
            if day.weekday() in self.days and day not in self.holidays:
                for start, end in sorted(self.hours):
                    span = _instant(day, start, zone), _instant(day, end, zone)
                    if span[0] < span[1]:  # hours that summer time leaves out are none
                        yield span

    def to_json(self) -> dict[str, Any]:
        """As it is written and stored."""
        return {
            "days": [WEEKDAYS[day] for day in sorted(self.days)],
            "hours": [_clock(start, end) for start, end in self.hours],
            "holidays": [day.isoformat() for day in sorted(self.holidays)],
            "timezone": self.timezone.key,
            "recipient_timezone": self.recipient_timezone,
            "not_before": None if self.not_before is None else self.not_before.isoformat(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SendingWindow:
        """What ``to_json`` has written."""
        return cls(
            days=frozenset(WEEKDAYS.index(day) for day in values["days"]),
            hours=tuple(hours_of(text) for text in values["hours"]),
            holidays=frozenset(date.fromisoformat(day) for day in values["holidays"]),
            timezone=ZoneInfo(values["timezone"]),
            recipient_timezone=values["recipient_timezone"],
            not_before=None if values["not_before"] is None else datetime.fromisoformat(values["not_before"]),
        )


def hours_of(text: str) -> tuple[int, int]:
    """Minutes after midnight of a text such as 09:00-17:30; one that ends before it begins ends on the next day.

    Raises ValueError for any other text.
    """
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError
    numbers = [int(group) for group in match.groups()]
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if start >= _DAY_MINUTES or end > _DAY_MINUTES or start == end:
        raise ValueError
    return start, end if end > start else end + _DAY_MINUTES


def _clock(start: int, end: int) -> str:
    end = end if end <= _DAY_MINUTES else end - _DAY_MINUTES
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _instant(day: date, minutes: int, zone: ZoneInfo) -> float:
    """The instant of a local time of day; where summer time repeats it, the first."""
    local = datetime.combine(day + timedelta(days=minutes // _DAY_MINUTES), time(), tzinfo=zone)
    return local.replace(hour=minutes % _DAY_MINUTES // 60, minute=minutes % 60).timestamp()


@lru_cache(maxsize=1000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # OSError: names of folders
        return None
