"""The forecast against the dry run of the real engine, in random scenarios: the finish and every pause, within one per cent
of the duration or one minute.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.engine.forecast.forecast import Moment, forecast
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.dry_run import dry_run
from paceline.operations.campaigns.forecasting import plan_of_file
from surroundings.scenarios import scenario
from surroundings.sending import Hands, opened

_COUNT = int(os.environ.get("SCENARIOS", "20"))


def paused(timeline: Sequence[Moment]) -> list[tuple[float, float]]:
    """(begin, end) of every pause."""
    return [
        (one.at, following.at)
        for one, following in itertools.pairwise(timeline)
        if one.status is CampaignStatus.PAUSED_LIMITS
    ]


def longest_disagreement(first: Sequence[Moment], second: Sequence[Moment]) -> tuple[float, float]:
    """The longest time, with its beginning, in which one timeline says that the campaign pauses and the other that it runs."""
    changes = sorted(
        (at, which, step)
        for which, timeline in enumerate((first, second))
        for begin, end in paused(timeline)
        for at, step in ((begin, 1), (end, -1))
    )
    depth, longest, since = [0, 0], (0.0, 0.0), 0.0
    for at, which, step in changes:
        if depth[0] != depth[1]:
            longest = max(longest, (at - since, since))
        depth[which] += step
        since = at
    return longest


@pytest.mark.parametrize("number", range(_COUNT))
def test_forecast_agrees_with_the_dry_run(number: int, sqlite_url: str, tmp_path: Path) -> None:
    given = scenario(number)
    path = given.write(tmp_path)
    with opened(sqlite_url, tmp_path, Hands(given.start)) as context:
        file = read_campaign_file(path, {"TEST_PASSWORD": "secret"})
        plan = plan_of_file(context, file)
        plan = replace(
            plan,
            expected=given.receivers.expectation(given.addresses),
            accounts=tuple(replace(one, seconds_per_message=given.seconds_per_message) for one in plan.accounts),
        )
        seen = forecast(plan)
        ran = dry_run(context, file, seconds_per_message=given.seconds_per_message, script=given.receivers.answer)
    ended = ran.timeline[-1]
    assert ended.status is CampaignStatus.COMPLETED, str(given)
    assert seen.finish_at is not None
    tolerance = max(60.0, 0.01 * (ended.at - given.start))
    assert seen.finish_at == pytest.approx(ended.at, abs=tolerance), str(given)
    seconds, since = longest_disagreement(seen.timeline, ran.timeline)
    assert seconds <= tolerance, f"{given}: {since - given.start:.0f} s after the start"
