"""What the fields about pace accept: weights, ramps, days, hours, dates, local times, codes of replies."""

from __future__ import annotations

import re
from datetime import date, datetime

from paceline.domain.sending_window import WEEKDAYS, hours_of
from paceline.domain.warm_up import WarmUp, warm_up_of
from paceline.operations.campaign_file.field_kinds import Kind, matching, number

WEIGHT = number(0.001, 1000)


def _warm_up(value: object) -> WarmUp | None:
    if not isinstance(value, str):
        raise ValueError
    return warm_up_of(value)


def _date(value: object) -> date | None:
    if isinstance(value, datetime):
        raise ValueError
    if value == "":
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError from None


def _local_time(value: object) -> datetime:
    """TOML has local times; JSON brings them as text."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError from None
    if not isinstance(value, datetime):
        raise ValueError
    if value.tzinfo is not None:
        raise ValueError("it has a zone; leave that out, since the zone is the recipient's or the campaign's")
    return value


def _days(value: object) -> frozenset[int]:
    if not isinstance(value, list) or not value or not all(day in WEEKDAYS for day in value):
        raise ValueError
    return frozenset(WEEKDAYS.index(day) for day in value)


def _hours(value: object) -> tuple[tuple[int, int], ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or len(texts) > 24 or not all(isinstance(t, str) for t in texts):
        raise ValueError
    return tuple(hours_of(text) for text in texts)


def _dates(value: object) -> frozenset[date]:
    if not isinstance(value, list) or len(value) > 1000:
        raise ValueError
    days = [_date(day) for day in value]
    if None in days:
        raise ValueError
    return frozenset(day for day in days if day is not None)


WARM_UP = Kind(
    accepts='a ramp such as "50 +25 until 500" (messages more each day), "50 +20% until 5000", or "20, 40, 80" (day by day)',
    read=_warm_up,
)
DATE = Kind(accepts="a date such as 2027-03-01", read=_date)
LOCAL_TIME = Kind(accepts="a local time such as 2027-03-01T09:00:00", read=_local_time)
DAYS = Kind(accepts=f"a list of days ({', '.join(WEEKDAYS)}), at least one", read=_days)
HOURS = Kind(accepts='hours such as "09:00-17:30", or a list of them', read=_hours)
REPLY_CODE = Kind(
    accepts='a code or its beginning, such as "421" or "4*"', read=matching(re.compile(r"\d{0,6}\*?"), or_nothing=True)
)
ENHANCED_CODE = Kind(
    accepts='an enhanced code or its beginning, such as "4.7.28" or "4.7.*"',
    read=matching(re.compile(r"[245](\.\d{1,3}){0,2}(\.?\*)?"), or_nothing=True),
)
DATES = Kind(accepts="a list of dates such as 2027-12-24", read=_dates)
