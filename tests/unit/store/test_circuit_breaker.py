"""A breaker between callers and a database that does not answer."""

from __future__ import annotations

import pytest

from paceline.domain.errors import StoreUnavailable
from paceline.store.circuit_breaker import BreakerState, CircuitBreaker


class _Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> _Time:
    return _Time()


@pytest.fixture
def breaker(time: _Time) -> CircuitBreaker:
    return CircuitBreaker("the database", failures=3, pause_seconds=1.0, now=time)


def _fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.admit()
        breaker.failed("connection refused")


def test_single_failures_let_everything_through(breaker: CircuitBreaker) -> None:
    for _ in range(5):
        _fail(breaker, 2)
        breaker.admit()
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_after_failures_in_a_row_calls_fail_at_once_and_say_when_to_come_back(breaker: CircuitBreaker) -> None:
    _fail(breaker, 3)
    assert breaker.state is BreakerState.OPEN
    with pytest.raises(StoreUnavailable, match=r"3 times in a row.*connection refused") as raised:
        breaker.admit()
    assert raised.value.retry_after_seconds == 1.0


def _state(breaker: CircuitBreaker) -> BreakerState:
    return breaker.state  # asked anew each time: time passes between two looks


def test_one_probe_at_a_time_closes_it(breaker: CircuitBreaker, time: _Time) -> None:
    _fail(breaker, 3)
    time.now += 1.0
    assert _state(breaker) is BreakerState.HALF_OPEN
    breaker.admit()
    with pytest.raises(StoreUnavailable):
        breaker.admit()
    breaker.succeeded()
    assert _state(breaker) is BreakerState.CLOSED
    breaker.admit()


def test_each_failed_probe_doubles_the_pause_up_to_a_bound(breaker: CircuitBreaker, time: _Time) -> None:
    _fail(breaker, 3)
    for expected in (2.0, 4.0, 5.0, 5.0):
        time.now += breaker.seconds_until_probe
        _fail(breaker, 1)
        assert breaker.seconds_until_probe == expected
    assert breaker.openings == 1


def test_late_failure_of_a_call_from_before_does_not_prolong_the_pause(breaker: CircuitBreaker, time: _Time) -> None:
    breaker.admit()
    _fail(breaker, 3)
    time.now += 0.5
    breaker.failed("time-out")
    assert breaker.seconds_until_probe == 0.5


def test_probe_that_never_comes_back_makes_way_for_another(breaker: CircuitBreaker, time: _Time) -> None:
    _fail(breaker, 3)
    time.now += 1.0
    breaker.admit()
    time.now += 11.0
    breaker.admit()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
