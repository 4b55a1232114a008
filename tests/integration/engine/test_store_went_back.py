"""A database that has lost commits (failover, an old copy put in its place) pauses everything until a person has looked."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns import campaigns
from paceline.operations.campaigns.summary import Summary, summary
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.queue.deliveries import StoreWentBack
from surroundings.sending import Sending, logins, opened, send_to_the_end, write_campaign

_FORGET = {"sqlite": "UPDATE installation SET commits = 0", "postgresql": "UPDATE senders SET commits = 0"}


async def _send_until_it_forgets(context: Context, path: Path, forget: str) -> None:
    async with Sending(context, path) as sending:
        await sending.until(lambda now: now.counts["sent"] >= 10)
        context.queue.execute(forget)
        await sending.end()


def test_sender_whose_commits_are_missing_pauses_everything(database_url: str, tmp_path: Path) -> None:
    async def story() -> tuple[Summary, int]:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=300, accounts=logins(server.port, 2, rate_per_minute=1200))
        with opened(database_url, tmp_path) as context:
            with pytest.raises(StoreWentBack, match=r"forgotten \d+ transactions"):
                await _send_until_it_forgets(context, path, _FORGET[database_url.partition(":")[0]])
            paused, arrived = summary(context, "test"), server.mailbox.messages
            again = await send_to_the_end(context, path)
            assert again.status is CampaignStatus.PAUSED
            assert server.mailbox.messages == arrived
            campaigns.resume(context, "test")
            ended = await send_to_the_end(context, path)
        await server.stop()
        assert ended.status is CampaignStatus.COMPLETED
        assert ended.counts["sent"] == len(server.per_recipient) == 300
        assert set(server.per_recipient.values()) == {1}
        return paused, arrived

    paused, arrived = asyncio.run(story())
    assert paused.status is CampaignStatus.PAUSED
    assert paused.pause_reason is not None
    assert "a person must resume it" in paused.pause_reason
    assert paused.counts["sent"] == arrived
    assert paused.counts["sending"] == 0


def test_old_copy_put_in_place_pauses_what_was_running(sqlite_url: str, tmp_path: Path) -> None:
    database, copy = tmp_path / "paceline.db", tmp_path / "copy.db"

    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=30, accounts=logins(server.port, 1, hourly_limit=10))
        with opened(sqlite_url, tmp_path) as context:
            await send_to_the_end(context, path, exit_when_paused=True)
            campaigns.resume(context, "test")
        shutil.copy(database, copy)
        write_campaign(tmp_path, contacts=30, accounts=logins(server.port, 1))
        with opened(sqlite_url, tmp_path) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] >= 11)
        arrived = server.mailbox.messages
        shutil.copy(copy, database)
        with opened(sqlite_url, tmp_path) as context:
            put_back = await send_to_the_end(context, path)
        await server.stop()
        assert put_back.status is CampaignStatus.PAUSED
        assert put_back.pause_reason is not None
        assert "is an older copy" in put_back.pause_reason
        assert server.mailbox.messages == arrived

    asyncio.run(story())


def test_database_of_another_identity_pauses_what_was_running(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=5, accounts=logins(server.port, 1))
        with opened(database_url, tmp_path) as context:
            await server.stop()
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.launched)
            context.queue.execute("UPDATE installation SET store_identity = 'the former cluster, timeline 1'")
            found = await send_to_the_end(context, path)
        assert found.status is CampaignStatus.PAUSED
        assert found.pause_reason is not None
        assert "was moved, copied or restored" in found.pause_reason

    asyncio.run(story())
