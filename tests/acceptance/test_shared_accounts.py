"""Campaigns that share accounts: a small one gets its share from its first message on, and what a person changes holds at once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preparing import prepare
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Sending, logins, opened, write_campaign

_SMALL = 150
_AHEAD = 5 * 30 * 0.5
"""Five accounts at 30 messages a second claim half a second ahead when campaigns share them."""


@pytest.mark.parametrize("weight", [1, 3])
def test_small_campaign_finishes_in_the_time_its_share_gives(tmp_path: Path, weight: int) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        accounts = logins(server.port, 5, rate_per_minute=1800)
        large = write_campaign(tmp_path, contacts=3000, accounts=accounts, key="large")
        people = [f"small{number}@example.com" for number in range(_SMALL)]
        small = write_campaign(tmp_path, contacts=people, accounts=accounts, key="small", weight=weight)
        with opened(f"sqlite:///{tmp_path / 'shared.db'}", tmp_path) as context:
            async with Sending(context, large) as sending:
                await sending.until(lambda summary: summary.counts["sent"] >= 50)
                async with Sending(context, small) as beside:
                    await beside.end()
        await server.stop()
        recipients = [delivery.recipient for delivery in server.deliveries]
        first = next(place for place, recipient in enumerate(recipients) if recipient.startswith("small"))
        last = max(place for place, recipient in enumerate(recipients) if recipient.startswith("small"))
        of_the_large = sum(recipient.startswith("user") for recipient in recipients[first:last])
        assert of_the_large <= _SMALL / weight * 1.25 + _AHEAD
        assert of_the_large >= _SMALL / weight * 0.75 - _AHEAD

    asyncio.run(story())


def test_changed_limit_and_new_account_take_effect_at_once(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()

        def write(accounts: int, daily_limit: int) -> Path:
            tables = logins(server.port, accounts, daily_limit=daily_limit)
            return write_campaign(tmp_path, contacts=100, accounts=tables)

        with opened(database_url, tmp_path) as context:
            async with Sending(context, write(1, 5)) as sending:
                await sending.until(lambda summary: summary.status is CampaignStatus.PAUSED_LIMITS)
                for accounts, daily_limit, sent in [(1, 9, 9), (3, 9, 27)]:
                    file = read_campaign_file(write(accounts, daily_limit), sending.environment)
                    began = time.monotonic()
                    await asyncio.to_thread(prepare, context, file)
                    await server.wait_for(sent)
                    assert time.monotonic() - began < 3  # usually half a second: the machine of a test may be busy
        await server.stop()
        assert len(server.deliveries) == 27

    asyncio.run(story())
