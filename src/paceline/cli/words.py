"""Numbers, moments and text of others in the form that people read; pure, without colours and without a clock."""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, tzinfo

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def clean(text: str) -> str:
    """Text from outside as one line that cannot steer a terminal: no control, format or surrogate characters."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) == "Cf" else "\N{REPLACEMENT CHARACTER}"


def number(count: int) -> str:
    """12345 as ``12,345``."""
    return f"{count:,}"


def used(count: int, limit: int) -> str:
    """What is used of a limit; 0 is unlimited."""
    return f"{number(count)}/{number(limit)}" if limit else number(count)


def moment(at: float, now: float, zone: tzinfo | None = None) -> str:
    """A time of day, with its date when it is not today; both are UTC seconds, ``zone`` None is the local time zone.

    Never earlier than the moment itself, so that nothing is promised too soon.
    """
    there, here = (datetime.fromtimestamp(seconds, zone) for seconds in (math.ceil(at), now))
    time = there.strftime("%H:%M:%S" if there.second else "%H:%M")
    return time if there.date() == here.date() else f"{there:%Y-%m-%d} {time}"


def duration(seconds: float) -> str:
    """A length of time with its two largest units: ``12.1 s``, ``7 min 5 s``, ``3 h 20 min``, ``2 d 4 h``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, smaller, smaller_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")
    return f"{whole} s"


def rate(per_second: float) -> str:
    """Messages per second, or per minute where a second is too short to see any."""
    return f"{per_second:,.1f}/s" if per_second >= 1 else f"{per_second * _MINUTE:.1f}/min"
