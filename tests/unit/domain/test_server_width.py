"""Connections of a server: halved by failures, grown by successes, never below one, forgotten when it is well."""

from __future__ import annotations

from hypothesis import given, strategies as st

from paceline.domain.server_width import ServerWidth


@given(st.integers(0, 1000), st.lists(st.floats(1.0, 100.0), max_size=30))
def test_failures_halve_it_and_leave_one(in_use: int, pauses: list[float]) -> None:
    width, now = ServerWidth(), 0.0
    for pause in pauses:
        now += pause
        before = width.width
        width = width.failed(in_use, now)
        assert 1.0 <= width.width <= max(min(before, max(in_use, 1)) / 2, 1.0)


def test_failures_of_one_second_count_once() -> None:
    width = ServerWidth().failed(16, 10.0)
    assert width.failed(16, 10.9) is width
    assert width.failed(16, 11.1).width == 4


@given(st.integers(2, 200))
def test_round_of_successes_adds_one_connection(in_use: int) -> None:
    width = ServerWidth().failed(in_use, 0.0)
    before = width.width
    for _ in range(round(before)):
        width = width.accepted(1000)
    assert before + 0.5 <= width.width <= before + 1.5


def test_server_that_is_well_for_long_is_not_held_back_any_more() -> None:
    width = ServerWidth().failed(8, 0.0)
    successes = 0
    while width.narrow:
        width = width.accepted(8)
        successes += 1
    assert 50 < successes < 500
