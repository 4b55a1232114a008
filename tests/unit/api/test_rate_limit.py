"""The rate limit: a burst, then a steady rate, each subject by itself, bounded memory."""

from __future__ import annotations

from paceline.api.rate_limit import RateLimit


class Hands:
    now = 100.0


def limit() -> RateLimit:
    return RateLimit(per_second=2, burst=3, clock=lambda: Hands.now)


def test_burst_then_the_rate() -> None:
    rate = limit()
    assert [rate.spend("ann") for _ in range(4)] == [0, 0, 0, 1]
    Hands.now += 0.5
    assert [rate.spend("ann") for _ in range(2)] == [0, 1]


def test_subjects_do_not_share() -> None:
    rate = limit()
    assert [rate.spend("ann") for _ in range(4)][-1] == 1
    assert rate.spend("bob") == 0


def test_rest_never_gives_more_than_the_burst() -> None:
    rate = limit()
    rate.spend("ann")
    Hands.now += 3600
    assert [rate.spend("ann") for _ in range(4)] == [0, 0, 0, 1]
