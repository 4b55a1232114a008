"""What a ramp and a window come to, before they are stored."""

from __future__ import annotations

from datetime import datetime

import pytest

from paceline.domain.errors import InputError
from paceline.operations.accounts import warm_ups
from paceline.operations.campaigns.pace_values import preview_window

_MONDAY_NOON = datetime.fromisoformat("2027-03-01T12:00:00+01:00").timestamp()


@pytest.mark.parametrize(
    ("ramp", "days", "ends"),
    [
        ("50 +25 until 110", (50, 75, 100), True),
        ("20, 40", (20, 40), True),
        ("", (), True),
        ("7 +0", (7,) * warm_ups.MOST_DAYS, False),
    ],
)
def test_ramp_shows_its_days_and_whether_it_ends(ramp: str, days: tuple[int, ...], ends: bool) -> None:
    found = warm_ups.preview(ramp)
    assert (found.days, found.ends) == (days, ends)


def test_what_is_no_ramp_is_refused_by_its_field() -> None:
    with pytest.raises(InputError, match='warm_up: accepts a ramp such as "50 \\+25 until 500"'):
        warm_ups.preview("50 more")


def test_window_shows_when_it_opens_closes_and_how_long_it_is_open() -> None:
    window = {"days": ["mon", "tue"], "hours": ["09:00-12:30", "12:00-17:00"], "timezone": "Europe/Berlin"}
    now = preview_window(window, _MONDAY_NOON)
    assert (now.is_open, now.opens_at, now.closes_at) == (True, _MONDAY_NOON, _MONDAY_NOON + 5 * 3600)
    assert now.minutes_a_week == 2 * 8 * 60
    evening = preview_window(window, _MONDAY_NOON + 6 * 3600)
    assert (evening.is_open, evening.opens_at) == (False, _MONDAY_NOON + 21 * 3600)


def test_no_window_is_always_open() -> None:
    found = preview_window({}, _MONDAY_NOON)
    assert (found.is_open, found.closes_at, found.minutes_a_week) == (True, None, 7 * 24 * 60)


def test_window_that_cannot_be_is_refused_by_its_field() -> None:
    with pytest.raises(InputError) as refused:
        preview_window({"hours": ["9-17"]}, _MONDAY_NOON)
    assert [problem.field for problem in refused.value.problems] == ["window.hours"]
