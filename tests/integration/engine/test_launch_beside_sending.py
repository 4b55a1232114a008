"""A launch goes on beside the sending, and does not hold it up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from paceline.engine.sender import Sender
from paceline.launch import file_launch
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Sending, logins, write_campaign


def test_only_the_first_part_of_a_launch_makes_the_sender_look_around(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Sender] = []
    look_now = Sender.look_now

    def noted(self: Sender) -> None:
        looks.append(self)
        look_now(self)

    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=100, accounts=logins(server.port, 1, rate_per_minute=1))
        async with Sending(context, path) as sending:
            await sending.until(lambda now: now.launched)
            assert len(looks) == 1
        await server.stop()

    monkeypatch.setattr(file_launch, "_PART", 10)
    monkeypatch.setattr(Sender, "look_now", noted)
    asyncio.run(story())
