"""Warm-up ramps as people write them, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_file.pace_kinds import WARM_UP

MOST_DAYS = 60
_FIRST_DAY = date(2000, 1, 1)  # any: the amounts depend on how many days have passed


@dataclass(frozen=True, slots=True, kw_only=True)
class RampPreview:
    """Messages on each of the first days; ``ends``: afterwards the ramp limits nothing."""

    days: tuple[int, ...]
    ends: bool


def preview(text: str) -> RampPreview:
    """What a ramp allows on its first days; none for an empty text. Raises InputError for any other that is no ramp."""
    try:
        ramp = WARM_UP.parse(text)
    except ValueError as error:
        raise InputError([Problem(file="", field="warm_up", message=str(error))]) from None
    if ramp is None:
        return RampPreview(days=(), ends=True)
    days: list[int] = []
    started = replace(ramp, since=_FIRST_DAY)
    for number in range(MOST_DAYS):
        amount = started.limit_on(_FIRST_DAY + timedelta(days=number))
        if amount is None:
            return RampPreview(days=tuple(days), ends=True)
        days.append(amount)
    return RampPreview(days=tuple(days), ends=started.limit_on(_FIRST_DAY + timedelta(days=MOST_DAYS)) is None)
