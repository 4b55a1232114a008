"""Sending windows: for any window and moment the answer agrees with a look at the clock on the wall, also in summer time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from paceline.domain.sending_window import SendingWindow, hours_of

_ZONES = [
    ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
]
_MOMENTS = st.floats(datetime(2026, 1, 1).timestamp(), datetime(2028, 12, 31).timestamp())
_HOURS = (
    st.tuples(st.integers(0, 1439), st.integers(1, 1440))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: pair if pair[1] > pair[0] else (pair[0], pair[1] + 1440))
)


@st.composite
def _windows(draw: st.DrawFn) -> SendingWindow:
    return SendingWindow(
        days=frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        hours=tuple(draw(st.lists(_HOURS, min_size=1, max_size=3))),
        holidays=frozenset(draw(st.sets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), max_size=5))),
        timezone=draw(st.sampled_from(_ZONES)),
    )


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _open_on_the_wall(window: SendingWindow, at: float) -> bool:
    """By looking at the local date and time only; right except in hours that summer time repeats or leaves out."""
    local = datetime.fromtimestamp(at, window.timezone)
    minutes = local.hour * 60 + local.minute
    today = local.weekday() in window.days and local.date() not in window.holidays
    before = date.fromordinal(local.toordinal() - 1)
    yesterday = before.weekday() in window.days and before not in window.holidays
    return any(
        (today and start <= minutes < end) or (yesterday and start <= minutes + 1440 < end)
        for start, end in window.hours
    )


def _near_a_change(window: SendingWindow, at: float) -> bool:
    offsets = {datetime.fromtimestamp(at + step * 3600, window.timezone).utcoffset() for step in (-30, -4, 0, 4, 30)}
    return len(offsets) > 1


@settings(deadline=None)
@given(_windows(), _MOMENTS)
def test_window_is_open_when_the_clock_on_the_wall_says_so(window: SendingWindow, now: float) -> None:
    if not _near_a_change(window, now):
        assert (window.opens_at(now) == now) == _open_on_the_wall(window, now)


@settings(deadline=None)
@given(_windows(), _MOMENTS)
def test_moment_of_opening_is_open_and_the_moment_before_it_is_not(window: SendingWindow, now: float) -> None:
    opens = window.opens_at(now)
    if opens is None:
        return
    assert opens >= now
    assert window.opens_at(opens) == opens
    if opens > now:
        assert window.opens_at(opens - 0.001) == opens


@settings(deadline=None)
@given(_windows(), _MOMENTS)
def test_window_stays_open_until_it_closes(window: SendingWindow, now: float) -> None:
    opens = window.opens_at(now)
    if opens is None:
        return
    closes = window.closes_at(opens)
    assert closes > opens
    if closes != float("inf"):
        assert window.opens_at(closes - 0.001) == closes - 0.001
        assert window.opens_at(closes) != closes


@given(_windows())
def test_window_survives_being_stored(window: SendingWindow) -> None:
    assert SendingWindow.from_json(window.to_json()) == window


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2027-03-05T16:59:59+01:00", "2027-03-05T16:59:59+01:00"),
        ("2027-03-05T17:00:00+01:00", "2027-03-08T09:00:00+01:00"),
        ("2027-03-26T18:00:00+01:00", "2027-03-30T09:00:00+02:00"),  # summer time and a holiday in between
    ],
)
def test_office_hours_skip_the_weekend_and_holidays(now: str, opens: str) -> None:
    window = SendingWindow(
        days=frozenset(range(5)),
        hours=(hours_of("09:00-17:00"),),
        holidays=frozenset({date(2027, 3, 29)}),
        timezone=ZoneInfo("Europe/Berlin"),
    )
    assert window.opens_at(_at(now)) == _at(opens)


def test_each_recipient_has_nine_in_the_morning_on_his_own_clock() -> None:
    window = SendingWindow(
        recipient_timezone="zone",
        timezone=ZoneInfo("Europe/Berlin"),
        not_before=datetime(2027, 3, 1, 9),
    )
    now = _at("2027-03-01T00:00:00+00:00")
    moments = [window.opens_at(now, window.zone_of({"zone": zone})) for zone in ("Asia/Tokyo", "America/New_York", "?")]
    expected = ["2027-03-01T09:00:00+09:00", "2027-03-01T09:00:00-05:00", "2027-03-01T09:00:00+01:00"]
    assert moments == [_at(text) for text in expected]


def test_window_without_an_open_day_never_opens() -> None:
    assert SendingWindow(days=frozenset()).opens_at(0.0) is None


def test_window_that_is_always_open_never_closes() -> None:
    assert SendingWindow().closes_at(1_800_000_000.0) == float("inf")


@pytest.mark.parametrize("text", ["9-17", "25:00-26:00", "09:00-24:30", "09:00-09:00", "24:00-01:00", "09:00 - 17:00"])
def test_hours_that_are_no_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        hours_of(text)
