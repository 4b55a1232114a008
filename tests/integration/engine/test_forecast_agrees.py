"""The forecast against the dry run of the real engine, in random scenarios: the finish and every pause, within one per cent
of the duration or one minute. Where chance makes one dry run differ, the middle of many counts.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from paceline.engine.forecast.forecast import forecast
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.dry_run import dry_run
from paceline.operations.campaigns.forecasting import plan_of_file
from paceline.operations.campaigns.rehearsal import DryRun
from surroundings.scenarios import scenario
from surroundings.sending import Hands, opened
from surroundings.timelines import assert_agree_by_chance

_COUNT = int(os.environ.get("SCENARIOS", "20"))


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

        def draw(number: int) -> DryRun:
            receivers = given.receivers.mixed(given.addresses, number) if number else given.receivers
            return dry_run(context, file, seconds_per_message=given.seconds_per_message, script=receivers.answer)

        assert_agree_by_chance(seen, draw, start=given.start, what=str(given))
