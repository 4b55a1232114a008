"""Calendar windows: the sandbox's own arithmetic, so that it can judge the limits of a sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo
from typing import Final

_DAY_SECONDS: Final = 86_400


def window_start(at: float, seconds: int, timezone: tzinfo) -> datetime:
    """The beginning of the calendar window of ``seconds`` that holds the instant ``at`` (UTC seconds).

    Windows below a day count from local midnight, longer ones in whole days. The hour that a clock repeats in autumn
    is two windows.
    """
    local = datetime.fromtimestamp(at, timezone)
    if seconds >= _DAY_SECONDS:
        days = local.toordinal()
        first = date.fromordinal(max(1, days - days % (seconds // _DAY_SECONDS)))
        return datetime.combine(first, time(tzinfo=timezone))
    since_midnight = local.hour * 3600 + local.minute * 60 + local.second
    minutes, second = divmod(since_midnight - since_midnight % seconds, 60)
    return local.replace(hour=minutes // 60, minute=minutes % 60, second=second, microsecond=0)


def count_by_window(
    accepted: Iterable[tuple[str, float]], seconds: int, timezone: tzinfo
) -> Counter[tuple[str, datetime]]:
    """How many of the pairs (login, instant) fall into each login's calendar windows."""
    return Counter((login, window_start(at, seconds, timezone)) for login, at in accepted)


def most_in_any_window(accepted: Iterable[tuple[str, float]], seconds: float) -> Counter[str]:
    """Per login, the most instants that any rolling window [t, t + seconds) holds."""
    times: dict[str, list[float]] = {}
    for login, at in accepted:
        times.setdefault(login, []).append(at)
    return Counter({login: _most_within(sorted(instants), seconds) for login, instants in times.items()})


def _most_within(times: list[float], seconds: float) -> int:
    most = first = 0
    for index, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, index - first + 1)
    return most
