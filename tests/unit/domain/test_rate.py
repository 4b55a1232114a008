"""Rates that move: what they may never exceed, how they fall and recover, and the rate per recipient."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.domain.rate import PAIR_SECONDS, AdaptiveRate, PairRate

ceilings = st.sampled_from([20.0, 80.0, 1000.0])
steps = st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=60)


@given(ceilings, steps)
def test_the_rate_stays_between_a_hundredth_of_the_ceiling_and_the_ceiling(
    ceiling: float, steps: list[tuple[bool, float]]
) -> None:
    rate, now = AdaptiveRate.at_ceiling(ceiling), 1000.0
    for accepted, seconds in steps:
        now += seconds
        before = rate.rate
        rate = rate.accepted(now) if accepted else rate.refused(now)
        assert ceiling * 0.01 <= rate.rate <= ceiling
        assert rate.rate >= before if accepted else rate.rate <= before


def test_a_lower_ceiling_holds_at_once_and_a_higher_one_is_grown_into() -> None:
    lower = AdaptiveRate.at_ceiling(80).below(75)
    assert (lower.rate, lower.below(75)) == (75, lower)
    higher = lower.below(80)
    assert higher.rate == 75
    assert higher.accepted(10).rate > 75


@given(ceilings, st.integers(1, 200))
def test_refusals_of_one_second_cut_once(ceiling: float, refusals: int) -> None:
    rate = AdaptiveRate.at_ceiling(ceiling)
    for number in range(refusals):
        rate = rate.refused(50 + number / 201)
    assert rate.rate == pytest.approx(ceiling * 0.7)


@given(ceilings, st.floats(1, 500))
def test_growth_has_a_speed_whatever_the_number_of_messages(ceiling: float, seconds: float) -> None:
    cut = AdaptiveRate.at_ceiling(ceiling).refused(0).refused(1).refused(2)
    grown = cut
    for step in range(400):
        grown = grown.accepted(3 + seconds * step / 400)
    assert grown.rate <= min(ceiling, cut.rate + ceiling * 0.01 * seconds) + 1e-6


def test_a_pause_proves_nothing() -> None:
    cut = AdaptiveRate.at_ceiling(80).refused(0)
    assert cut.accepted(3600).rate == pytest.approx(56.8)


def test_nothing_grows_while_the_refusals_of_one_cut_come_in() -> None:
    cut = AdaptiveRate.at_ceiling(80).refused(0)
    assert cut.accepted(0.9).rate == pytest.approx(56)


@pytest.mark.parametrize(("ceiling", "limit"), [(80.0, 40.0), (1000.0, 300.0), (20.0, 10.0)])
def test_a_limit_that_falls_and_rises_again_is_followed(ceiling: float, limit: float) -> None:
    """A provider with a bucket of one second, asked at exactly our rate."""
    rate, now = AdaptiveRate.at_ceiling(ceiling), 0.0
    tokens, sent, refused = limit, 0, 0
    while now < 300:
        now += 1 / rate.rate
        allowed = limit if now < 200 else ceiling
        tokens = min(allowed, tokens + allowed / rate.rate)
        if tokens >= 1:
            tokens -= 1
            sent += 1
            rate = rate.accepted(now)
        else:
            refused += 1
            rate = rate.refused(now)
        if now < 200 and now > 10:
            assert rate.rate < limit * 1.5
    assert refused < 0.02 * sent
    assert rate.rate == ceiling


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10)), max_size=100))
def test_no_recipient_gets_two_messages_within_6_s(wishes: list[tuple[str, float]]) -> None:
    pairs, now = PairRate(), 0.0
    last: dict[str, float] = {}
    for recipient, seconds in wishes:
        now += seconds
        wait = pairs.wait(recipient, now)
        due = last.get(recipient, float("-inf")) + PAIR_SECONDS
        assert wait == pytest.approx(max(0.0, due - now))
        if wait == 0:
            pairs.sent(recipient, now)
            last[recipient] = now


def test_recipients_are_forgotten_when_their_time_is_over() -> None:
    pairs = PairRate()
    for number in range(10_000):
        pairs.sent(f"+{number}", number / 80)
    assert len(pairs._next_at) <= 80 * PAIR_SECONDS + 1
