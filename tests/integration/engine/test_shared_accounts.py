"""Senders that send the same share the accounts: one that comes gets its part, what one leaves the others take."""

from __future__ import annotations

import asyncio
from pathlib import Path

from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.senders import one_more_sender, queued
from surroundings.sending import logins, send_to_the_end, write_campaign
from surroundings.waiting import until


def test_accounts_go_to_senders_in_equal_parts_as_these_come_and_go(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=100, accounts=logins(server.port, 6, rate_per_minute=1))
        campaign_id = queued(context, path)
        async with one_more_sender(context, campaign_id):
            await until(lambda: _held(context) == [6])
            async with one_more_sender(context, campaign_id):
                await until(lambda: _held(context) == [3, 3])
                async with one_more_sender(context, campaign_id):
                    await until(lambda: _held(context) == [2, 2, 2])
            await until(lambda: _held(context) == [6])
        assert _held(context) == []
        await server.stop()

    asyncio.run(story())


def test_accounts_that_are_leased_in_one_look_are_one_change(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=100, accounts=logins(server.port, 6, rate_per_minute=1))
        heard: list[list[int]] = []
        async with one_more_sender(context, queued(context, path), lambda: heard.append(_held(context))):
            await until(lambda: bool(heard))
        assert heard[0] == [6]
        await server.stop()

    asyncio.run(story())


def test_two_senders_at_full_speed_send_everything_once(context: Context, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(tmp_path, contacts=400, accounts=logins(server.port, 5, max_connections=2))
        async with one_more_sender(context, queued(context, path)):
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.counts["sent"] == len(server.per_recipient) == 400
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())


def _held(context: Context) -> list[int]:
    """How many accounts each living sender holds, the fewest first."""
    statement = (
        "SELECT COUNT(a.id) FROM senders s LEFT JOIN accounts a ON a.sender_id = s.id "
        "WHERE s.ended_at IS NULL GROUP BY s.id"
    )
    with context.queue.read() as connection:
        return sorted(connection.execute(sql(statement)).scalars())
