"""Timelines of forecasts and dry runs, compared: the finish, and every pause."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.engine.forecast.forecast import Forecast, Moment
from paceline.operations.campaigns.rehearsal import DryRun

_MORE_DRAWS = 24


def assert_agree_by_chance(seen: Forecast, draw: Callable[[int], DryRun], *, start: float, what: str = "") -> None:
    """As below, where chance has a say: a forecast tells the middle, a dry run is one draw of every jitter and turn.

    ``draw`` makes the draw of a number. When the first one is off, more are made: the one in the middle of all, by its
    finish, must agree.
    """
    draws = [draw(0)]
    try:
        assert_agree(seen, draws[0], start=start, what=what)
    except AssertionError:
        draws += [draw(number) for number in range(1, 1 + _MORE_DRAWS)]
        draws.sort(key=lambda ran: ran.timeline[-1].at)
        assert_agree(seen, draws[len(draws) // 2], start=start, what=f"in the middle of {len(draws)} draws: {what}")


def assert_agree(seen: Forecast, ran: DryRun, *, start: float, what: str = "") -> None:
    """The finish and every pause agree within one per cent of the duration, or one minute."""
    ended = ran.timeline[-1]
    assert ended.status is CampaignStatus.COMPLETED, what
    assert seen.finish_at is not None, what
    tolerance = max(60.0, 0.01 * (ended.at - start))
    assert seen.finish_at == pytest.approx(ended.at, abs=tolerance), what
    seconds, since = _longest_disagreement(seen.timeline, ran.timeline)
    assert seconds <= tolerance, f"{what}: {since - start:.0f} s after the start"


def _paused(timeline: Sequence[Moment]) -> list[tuple[float, float]]:
    """(begin, end) of every pause."""
    return [
        (one.at, following.at)
        for one, following in itertools.pairwise(timeline)
        if one.status is CampaignStatus.PAUSED_LIMITS
    ]


def _longest_disagreement(first: Sequence[Moment], second: Sequence[Moment]) -> tuple[float, float]:
    """The longest time, with its beginning, in which one timeline says that the campaign pauses and the other that it runs."""
    changes = sorted(
        (at, which, step)
        for which, timeline in enumerate((first, second))
        for begin, end in _paused(timeline)
        for at, step in ((begin, 1), (end, -1))
    )
    depth, longest, since = [0, 0], (0.0, 0.0), 0.0
    for at, which, step in changes:
        if depth[0] != depth[1]:
            longest = max(longest, (at - since, since))
        depth[which] += step
        since = at
    return longest
