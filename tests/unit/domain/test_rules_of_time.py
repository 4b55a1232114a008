"""Pacing, retries and the clock: arithmetic that must hold for every number."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from paceline.clock import Reading, SteadyClock
from paceline.domain.pacing import begin_at, interval_seconds, slot
from paceline.domain.retry_policy import RetryPolicy, account_delay_seconds


@given(st.floats(1, 6000), st.lists(st.floats(0, 0.004), min_size=50, max_size=50))
def test_pace_keeps_its_grid_although_workers_wake_late(rate: float, delays: list[float]) -> None:
    interval = interval_seconds(rate)
    next_at, now, sent = 0.0, 0.0, []
    for delay in delays:
        point = slot(next_at, now, interval)
        now = max(now, begin_at(point, interval, 0.5)) + delay
        sent.append(now)
        next_at = point + interval
    assert sent[-1] - sent[0] <= (len(sent) - 1) * interval + 0.2 * interval + sum(delays[-3:]) + 0.02


@given(st.floats(1, 6000), st.floats(0.3, 10_000))
def test_no_burst_after_a_pause(rate: float, pause: float) -> None:
    interval = interval_seconds(rate)
    next_at, now, begun = 0.0, pause, 0
    while slot(next_at, now, interval) <= now:
        next_at = slot(next_at, now, interval) + interval
        begun += 1
    assert begun <= 1 + max(0.1, interval * 0.1) / interval + 1e-6


@given(st.floats(0, 1, exclude_max=True))
def test_default_retries_grow_and_end_after_two_days(jitter: float) -> None:
    policy, elapsed, delays = RetryPolicy(), 0.0, []
    for attempts in itertools.count(1):
        delay = policy.delay_seconds(attempts, asked_seconds=None, elapsed_seconds=elapsed, jitter=jitter)
        if delay is None:
            break
        delays.append(delay)
        elapsed += delay
    assert delays == sorted(delays)
    assert delays[0] >= 120
    assert 48 * 3600 <= elapsed <= 54 * 3600


def test_receivers_wish_is_respected() -> None:
    quick = RetryPolicy(max_attempts=5, retry_delay_seconds=1)
    assert quick.delay_seconds(1, asked_seconds=60, elapsed_seconds=0, jitter=0) == 60


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_accounts_rest_between_half_a_second_and_a_quarter_of_an_hour(failures: int, jitter: float) -> None:
    assert 0.5 <= account_delay_seconds(failures, jitter=jitter) <= 900


class Hands:
    def __init__(self) -> None:
        self.wall, self.boot = 1_000_000.0, 50.0

    def clock(self, stored: Reading | None = None, boot_id: str = "one") -> SteadyClock:
        return SteadyClock(stored, wall=lambda: self.wall, boot=lambda: self.boot, this_boot=boot_id)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 86400.0])
def test_jump_of_the_wall_clock_is_not_followed_but_shown(jump: float) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall += jump + 10
    hands.boot += 10
    clock.follow()
    assert clock.now() == pytest.approx(1_000_010)
    assert clock.jump_seconds() == pytest.approx(jump)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-3, 3)), max_size=50))
def test_time_never_goes_back(steps: list[tuple[float, float]]) -> None:
    hands = Hands()
    clock = hands.clock()
    last = clock.now()
    for elapsed, wall in steps:
        hands.boot += elapsed
        hands.wall += elapsed + wall
        clock.follow()
        assert clock.now() >= last
        last = clock.now()


def test_next_process_goes_on_from_the_stored_time_within_one_boot() -> None:
    hands = Hands()
    stored = hands.clock().reading()
    hands.boot += 60
    hands.wall += 60 + 7200  # somebody set the clock
    assert hands.clock(stored).now() == pytest.approx(1_000_060)


def test_stored_time_is_a_floor_after_a_restart_of_the_machine() -> None:
    hands = Hands()
    stored = hands.clock().reading()
    hands.boot, hands.wall = 1.0, 900_000.0
    assert hands.clock(stored, boot_id="two").now() == pytest.approx(1_000_000)
