"""Senders that send the same share the accounts: one that comes gets its part, what one leaves the others take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from paceline.engine.sender import Sender
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.preparing import prepare
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.sending import logins, send_to_the_end, write_campaign
from surroundings.waiting import until


def test_accounts_go_to_senders_in_equal_parts_as_these_come_and_go(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=100, accounts=logins(server.port, 6, rate_per_minute=1))
        campaign_id = _queued(context, path)
        async with _one_more_sender(context, campaign_id):
            await until(lambda: _held(context) == [6])
            async with _one_more_sender(context, campaign_id):
                await until(lambda: _held(context) == [3, 3])
                async with _one_more_sender(context, campaign_id):
                    await until(lambda: _held(context) == [2, 2, 2])
            await until(lambda: _held(context) == [6])
        assert _held(context) == []
        await server.stop()

    asyncio.run(story())


def test_two_senders_at_full_speed_send_everything_once(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=400, accounts=logins(server.port, 5, max_connections=2))
        async with _one_more_sender(context, _queued(context, path)):
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.counts["sent"] == len(server.per_recipient) == 400
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())


@asynccontextmanager
async def _one_more_sender(context: Context, campaign_id: int) -> AsyncIterator[None]:
    sender = Sender(
        database=context.queue,
        settings=context.settings,
        clock=context.clock,
        channel=context.channel,
        box=context.box,
        campaign_id=campaign_id,
    )
    sending = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        await sending


def _held(context: Context) -> list[int]:
    """How many accounts each living sender holds, the fewest first."""
    statement = (
        "SELECT COUNT(a.id) FROM senders s LEFT JOIN accounts a ON a.sender_id = s.id "
        "WHERE s.ended_at IS NULL GROUP BY s.id"
    )
    with context.queue.read() as connection:
        return sorted(connection.execute(sql(statement)).scalars())


def _queued(context: Context, path: Path) -> int:
    """The campaign of a file, with its whole audience in the queue; nobody sends it yet."""
    prepared = prepare(context, read_campaign_file(path, {"TEST_PASSWORD": "secret"}))
    assert prepared.audience is not None
    with closing(prepared.audience):
        FileLaunch(
            database=context.queue,
            campaign_id=prepared.campaign_id,
            audience=prepared.audience,
            refused_path=path.with_name("refused.csv"),
            now=context.clock.now,
            on_part=lambda: None,
        ).run()
    return prepared.campaign_id
