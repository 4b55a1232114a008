"""The commit of an intent hangs, fails or ends unknown: no dot is written, nobody is charged, everything goes out later."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.engine.everybody import a_connection_is_dropped, assert_all_arrived_once
from paceline.domain.campaign import CampaignStatus
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from paceline.store.queue.deliveries import Batch, Exchanged
from surroundings.sending import Sending, logins, opened, send_to_the_end, write_campaign
from surroundings.stores import ForgetfulDeliveries, watching

CONTACTS = 60
SETTINGS: dict[str, Any] = {"backoff_longest_seconds": 0.1, "watch_seconds": 0.05, "intent_timeout_seconds": 0.3}


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Nobody else can write; everybody can read."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.close()
    else:
        with psycopg.connect(url) as server:
            server.execute("LOCK TABLE messages IN EXCLUSIVE MODE")
            yield


def test_commits_that_end_unknown_lose_and_double_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paceline.engine.sender.Deliveries", ForgetfulDeliveries)

    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = write_campaign(
            tmp_path, contacts=CONTACTS, accounts=logins(server.port, 2, max_connections=3, hourly_limit=1000)
        )
        with opened(database_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path)
            assert summary.status is CampaignStatus.COMPLETED
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    asyncio.run(story())


def test_commit_that_hangs_drops_the_waiting_connections(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        accounts = logins(server.port, 2, max_connections=3, rate_per_minute=1200)
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=accounts)
        with opened(database_url, tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda summary: summary.counts["sent"] >= 5)
                with locked(database_url):
                    await a_connection_is_dropped(server)
                    assert server.mailbox.messages < CONTACTS
                summary = await sending.end()
            assert summary.status is CampaignStatus.COMPLETED
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    asyncio.run(story())


def test_closed_connection_withdraws_its_own_message_only(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server closes one of several connections while their intents are being committed."""
    granted: list[int] = []

    def after(batch: Batch, answer: Exchanged) -> None:
        granted.extend(answer.granted)

    rules = [{"stage": "body", "at_byte": 40, "recipient": "user3@*", "first": 1, "answer": "none", "then": "close"}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        loop = asyncio.get_running_loop()

        def before(batch: Batch) -> None:
            if batch.intents:  # the server's loop turns, so that the end of the connection has arrived
                asyncio.run_coroutine_threadsafe(_some_turns(), loop).result()

        monkeypatch.setattr("paceline.engine.sender.Deliveries", watching(before, after))
        path = write_campaign(tmp_path, contacts=12, accounts=logins(server.port, 1, max_connections=4))
        with opened(database_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path)
            assert summary.status is CampaignStatus.COMPLETED
            assert_all_arrived_once(context, server, 12)
            with context.queue.read() as connection:
                statement = "SELECT m.address, e.attempt, e.kind FROM events e JOIN messages m ON m.id = e.message_id"
                events = {tuple(row) for row in connection.execute(sql(statement))}
        await server.stop()
        assert {(address, kind) for address, _, kind in events if kind != "accepted"} == {
            ("user3@example.com", "returned")
        }

    asyncio.run(story())
    assert len(granted) == len(set(granted)) + 1  # one intent was durable and was withdrawn


async def _some_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
