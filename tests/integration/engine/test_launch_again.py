"""A launch that was interrupted goes on where it was, refuses another audience, and must end before its campaign can."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.launch import file_launch
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaigns.summary import summary
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Sending, logins, opened, send_to_the_end, write_campaign
from surroundings.stores import Gate

CONTACTS, PART = 50, 10


@pytest.fixture(autouse=True)
def launch_that_halts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The launch waits here before its third part, until it is stopped."""
    gate, parts, original, stop = Gate(), Counter[str](), FileLaunch._add, FileLaunch.stop

    def add(self: FileLaunch, *arguments: Any) -> bool:
        parts["begun"] += 1
        if parts["begun"] == 3:
            gate.wait()
        return original(self, *arguments)

    def stop_and_open(self: FileLaunch) -> None:
        stop(self)
        gate.open()

    monkeypatch.setattr(FileLaunch, "stop", stop_and_open)
    monkeypatch.setattr(file_launch, "_PART", PART)
    monkeypatch.setattr(FileLaunch, "_add", add)


async def _interrupted(context: Context, path: Path) -> None:
    """Send until the first two parts are out, and stop in the middle of the launch."""
    async with Sending(context, path) as sending:
        reached = await sending.until(lambda now: now.counts["sent"] == 2 * PART)
        assert reached.status is CampaignStatus.RUNNING
        assert reached.left == 0
        for _ in range(3):  # nothing is left to send, and still it is not completed
            sending.last = None
            assert (await sending.until(lambda now: True)).status is CampaignStatus.RUNNING
        sending.stop()


def test_interrupted_launch_goes_on_and_nobody_is_queued_twice(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 1))
        with opened(database_url, tmp_path) as context:
            await _interrupted(context, path)
            before = summary(context, "test")
            assert not before.launched
            assert 2 * PART <= before.total < CONTACTS
            after = await send_to_the_end(context, path)
        await server.stop()
        assert after.status is CampaignStatus.COMPLETED
        assert after.total == after.counts["sent"] == CONTACTS
        assert len(server.per_recipient) == CONTACTS
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())


def test_interrupted_launch_refuses_another_audience_and_changes_nothing(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 1))
        with opened(database_url, tmp_path) as context:
            await _interrupted(context, path)
            before = summary(context, "test").counts
            audience = tmp_path / "test.csv"
            original = audience.read_text()
            audience.write_text(original.replace("user0@", "somebody@"))
            with pytest.raises(InputError, match="has changed since this campaign was started"):
                await send_to_the_end(context, path)
            assert summary(context, "test").counts == before
            audience.write_text(original)
            assert (await send_to_the_end(context, path)).counts["sent"] == CONTACTS
        await server.stop()
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())
