"""Numbers, moments and text of others, in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from paceline.cli.words import clean, duration, moment, rate, used

BERLIN = ZoneInfo("Europe/Berlin")


def _at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@given(st.text())
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    assert clean(text).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


def test_what_steers_a_terminal_or_turns_the_direction_of_text_is_taken_out() -> None:
    assert clean("a\x1b[31mb\u202ec\r\nd") == "a\N{REPLACEMENT CHARACTER}[31mbc  d"


@pytest.mark.parametrize(
    ("at", "now", "said"),
    [
        ("2027-03-01 14:00:00", "2027-03-01 09:00:00", "14:00"),
        ("2027-03-01 14:00:23", "2027-03-01 09:00:00", "14:00:23"),
        ("2027-03-02 00:00:00", "2027-03-01 23:59:59", "2027-03-02 00:00"),
        ("2027-03-01 14:00:00.200", "2027-03-01 14:00:00", "14:00:01"),
        ("2027-03-01 23:59:59.500", "2027-03-01 23:00:00", "2027-03-02 00:00"),
    ],
)
def test_moment_is_a_time_of_day_and_dated_when_it_is_not_today(at: str, now: str, said: str) -> None:
    assert moment(_at(at), _at(now), BERLIN) == said


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_moment_is_never_earlier_than_it_is(at: float, now: float) -> None:
    said = moment(at, now, BERLIN)
    date = "" if len(said) > 8 else f"{datetime.fromtimestamp(now, BERLIN):%Y-%m-%d} "
    fold = datetime.fromtimestamp(at + 1, BERLIN).fold
    assert datetime.fromisoformat(date + said).replace(tzinfo=BERLIN, fold=fold).timestamp() >= at


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (7.25, "7.2 s"),
        (12.1, "12 s"),
        (60, "1 min"),
        (425, "7 min 5 s"),
        (12_000, "3 h 20 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_duration_has_two_units_at_most(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_slow_rates_are_per_minute() -> None:
    assert [rate(82.44), rate(1), rate(0.5), rate(0)] == ["82.4/s", "1.0/s", "30.0/min", "0.0/min"]


def test_limit_of_zero_is_no_limit() -> None:
    assert [used(1_200, 0), used(40, 40)] == ["1,200", "40/40"]
