"""Warm-up: the ramp of every kind, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from paceline.domain.warm_up import Ramp, WarmUp, warm_up_of

_FIRST = date(2027, 3, 1)


def _days(ramp: WarmUp, count: int) -> list[int | None]:
    return [ramp.limit_on(_FIRST + timedelta(days=day)) for day in range(count)]


def test_linear_ramp_grows_by_the_same_number_and_ends() -> None:
    ramp = WarmUp(ramp=Ramp.LINEAR, first=50, step=25, until=110, since=_FIRST)
    assert _days(ramp, 5) == [50, 75, 100, None, None]


def test_percentage_ramp_grows_by_the_same_share() -> None:
    ramp = WarmUp(ramp=Ramp.PERCENTAGE, first=100, step=50, until=500, since=_FIRST)
    assert _days(ramp, 5) == [100, 150, 225, 337, None]


def test_table_holds_for_as_many_days_as_it_has() -> None:
    assert _days(WarmUp(ramp=Ramp.TABLE, table=(20, 40, 40), since=_FIRST), 4) == [20, 40, 40, None]


def test_account_that_was_never_used_is_on_its_first_day() -> None:
    ramp = WarmUp(ramp=Ramp.LINEAR, first=50, step=25)
    assert ramp.limit_on(date(2031, 1, 1)) == 50


@given(
    st.sampled_from([Ramp.LINEAR, Ramp.PERCENTAGE]),
    st.integers(1, 10_000),
    st.floats(0, 1000),
    st.integers(0, 10**6),
    st.integers(0, 5000),
)
def test_no_day_has_less_than_the_day_before(ramp: Ramp, first: int, step: float, until: int, day: int) -> None:
    warm_up = WarmUp(ramp=ramp, first=first, step=step, until=until, since=_FIRST)
    today = warm_up.limit_on(_FIRST + timedelta(days=day))
    tomorrow = warm_up.limit_on(_FIRST + timedelta(days=day + 1))
    if today is None:
        assert tomorrow is None
    else:
        assert not until or today < until
        assert tomorrow is None or tomorrow >= today


_RAMPS = st.one_of(
    st.builds(
        WarmUp,
        ramp=st.sampled_from([Ramp.LINEAR, Ramp.PERCENTAGE]),
        first=st.integers(0, 10_000),
        step=st.integers(0, 4000).map(lambda quarters: quarters / 4),
        until=st.integers(0, 10**6),
        since=st.just(_FIRST),
    ),
    st.builds(
        WarmUp,
        ramp=st.just(Ramp.TABLE),
        table=st.lists(st.integers(0, 1000), min_size=1, max_size=5).map(tuple),
        since=st.just(_FIRST),
    ),
)


@given(_RAMPS)
def test_ramp_survives_being_written_down(ramp: WarmUp) -> None:
    assert warm_up_of(str(ramp), _FIRST) == ramp


@pytest.mark.parametrize("text", ["50 + until 5", "fifty +5", "50 +5 until", "10,,20", "-5 +2"])
def test_text_that_is_no_ramp_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        warm_up_of(text)
