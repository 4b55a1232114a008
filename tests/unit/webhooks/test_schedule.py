"""The schedule of attempts: the steps that are documented, stretched a little, and then an end."""

from __future__ import annotations

from paceline.webhooks.schedule import MOST_ATTEMPTS, delay_seconds


def test_steps_are_the_documented_ones() -> None:
    steps = [delay_seconds(attempts, jitter=0.0) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert steps == [5, 30, 120, 600, 3600, 18000, 36000, None]


def test_chance_only_stretches() -> None:
    for attempts in range(1, MOST_ATTEMPTS):
        shortest = delay_seconds(attempts, jitter=0.0)
        longest = delay_seconds(attempts, jitter=0.999)
        assert shortest is not None
        assert longest is not None
        assert shortest < longest <= shortest * 1.2


def test_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert delay_seconds(1, jitter=0.0, wished_seconds=60) == 60
    assert delay_seconds(1, jitter=0.0, wished_seconds=1) == 5
    assert delay_seconds(1, jitter=0.0, wished_seconds=1e9) == 36000
