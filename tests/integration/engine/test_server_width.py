"""A server that takes few connections: all its accounts together learn how many, in all processes, and everything arrives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from paceline.domain.account import Account, Limits, Security, SmtpLogin
from paceline.domain.campaign import CampaignStatus
from paceline.domain.server_width import ServerWidth
from paceline.engine.server_loads import ServerLoads
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import Database
from paceline.store.queue import server_widths
from surroundings.senders import one_more_sender, queued
from surroundings.sending import Hands, logins, opened, send_to_the_end, write_campaign

FEW = {
    "name": "few connections",
    "stage": "auth",
    "per": "server",
    "connections_above": 3,
    "reply": "421 4.3.2 too many connections",
    "then": "close",
}


def test_two_senders_share_the_connections_that_a_server_bears(sqlite_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": [FEW]}))
        await server.start()
        path = write_campaign(tmp_path, contacts=150, accounts=logins(server.port, 8, max_connections=2))
        with opened(sqlite_url, tmp_path, backoff_longest_seconds=0.2) as context:
            async with one_more_sender(context, queued(context, path)):
                summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.status is CampaignStatus.COMPLETED
        assert summary.counts["sent"] == 150
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(story())


@dataclass(eq=False)
class Worker:
    """As much of a worker as a server's load asks for."""

    connections_in_use: int
    most_connections: int = 8

    def let_go(self) -> None:
        """Nothing is open."""


class Counted(ServerLoads):
    """Counts what it writes."""

    writes = 0

    def _keep(self, host: str, own: ServerWidth, seen: ServerWidth) -> ServerWidth:
        self.writes += 1
        return super()._keep(host, own, seen)


ACCOUNT = Account(
    id=1,
    name="relay",
    login=SmtpLogin(host="mail.example.com", port=25, security=Security.NONE, username="", password=""),
    limits=Limits(),
)


def _stored(database: Database, now: float) -> dict[str, ServerWidth]:
    with database.read() as connection:
        return server_widths.every(connection, now=now)


def test_processes_find_out_together_what_a_server_bears(context: Context) -> None:
    now = [1000.0]

    async def story() -> None:
        first, second = (Counted(context.queue, now=lambda: now[0]) for _ in range(2))
        loads = [one.of(ACCOUNT) for one in (first, second)]
        for load in loads:
            assert load is not None
            load.join(Worker(connections_in_use=8))
        mine, theirs = loads
        assert mine is not None
        assert theirs is not None

        async def exchange(process: Counted) -> None:
            await process.exchange(_stored(context.queue, now[0]), {"mail.example.com": 0.5})

        await exchange(first)
        await exchange(second)
        for _ in range(1000):
            mine.accepted()
        await exchange(first)
        assert (first.writes, second.writes) == (0, 0)  # nothing fails, nothing is written
        mine.failed()  # 16 connections of both are halved
        await exchange(first)
        assert _stored(context.queue, now[0])["mail.example.com"].width == 8
        assert not theirs.narrow
        await exchange(second)
        assert theirs.is_over()  # 8 in use here, and 4 are its part
        assert (first.writes, second.writes) == (1, 0)
        for _ in range(20):
            mine.accepted()
            await exchange(first)
        assert first.writes == 1  # once a second at most
        assert _stored(context.queue, now[0] + 901) == {}

    asyncio.run(story())


def test_unheard_news_is_told_again(sqlite_url: str, tmp_path: Path) -> None:
    async def story(context: Context) -> None:
        process = Counted(context.queue, now=lambda: hands.at)
        load = process.of(ACCOUNT)
        assert load is not None
        load.join(Worker(connections_in_use=8))
        load.failed()
        with context.queue.write():  # somebody else writes, for longer than anybody waits
            await process.exchange({}, {})
        assert process.writes == 1
        await process.exchange(_stored(context.queue, hands.at), {})
        assert load.narrow
        assert _stored(context.queue, hands.at)["mail.example.com"].width == 4

    hands = Hands(1000.0)
    with opened(sqlite_url, tmp_path, hands, lock_timeout_seconds=0.1) as context:
        asyncio.run(story(context))
