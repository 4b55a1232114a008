"""Warm-up: how many messages a new account may send on each of its first days, so that receivers get to know it. Only arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_LARGEST = 1_000_000_000
_GROWING = re.compile(r"([0-9]{1,9})\s*\+\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(%?)(?:\s+until\s+([0-9]{1,9}))?")
_TABLE = re.compile(r"[0-9]{1,9}(?:\s*,\s*[0-9]{1,9}){0,365}")


class Ramp(StrEnum):
    """How the amount grows from day to day."""

    LINEAR = "linear"  # by the same number of messages
    PERCENTAGE = "percentage"  # by the same share of the day before
    TABLE = "table"  # as written, one number per day


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """A ramp of daily limits, in calendar days of the account's time zone."""

    ramp: Ramp
    first: int = 0
    """Messages on the first day."""
    step: float = 0.0
    """Messages (linear) or per cent (percentage) more on each day."""
    until: int = 0
    """The ramp ends on the day on which it would reach this number; 0: a table ends with its last day, others never."""
    table: tuple[int, ...] = ()
    since: date | None = None
    """The first day; None: the account has not been used."""

    def limit_on(self, day: date) -> int | None:
        """Messages that may be sent on a day; None: the ramp has ended and limits nothing."""
        number = 0 if self.since is None else max((day - self.since).days, 0)
        if self.ramp is Ramp.TABLE:
            return self.table[number] if number < len(self.table) else None
        if self.ramp is Ramp.LINEAR:
            amount = self.first + self.step * number
        else:
            amount = self.first * _power(1 + self.step / 100, number)
        if amount >= _LARGEST or (self.until and amount >= self.until):
            return None
        return int(amount)

    def __str__(self) -> str:
        """As people write it: 50 +25 until 500, 50 +20% until 5000, or 20, 40, 80."""
        if self.ramp is Ramp.TABLE:
            return ", ".join(map(str, self.table))
        until = f" until {self.until}" if self.until else ""
        return f"{self.first} +{self.step:g}{'%' if self.ramp is Ramp.PERCENTAGE else ''}{until}"


def warm_up_of(text: str, since: date | None = None) -> WarmUp | None:
    """The ramp that a text describes, None for an empty one; ValueError for any other text."""
    text = text.strip()
    if not text:
        return None
    if match := _GROWING.fullmatch(text):
        first, step, per_cent, until = match.groups()
        ramp = Ramp.PERCENTAGE if per_cent else Ramp.LINEAR
        return WarmUp(ramp=ramp, first=int(first), step=float(step), until=int(until or 0), since=since)
    if _TABLE.fullmatch(text):
        return WarmUp(ramp=Ramp.TABLE, table=tuple(int(number) for number in text.split(",")), since=since)
    raise ValueError


def _power(base: float, exponent: int) -> float:
    try:
        return base**exponent
    except OverflowError:
        return float(_LARGEST)
