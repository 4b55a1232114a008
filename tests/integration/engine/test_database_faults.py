"""The database goes away while a campaign is being sent: results wait in memory, nothing is lost, work goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration.engine.everybody import a_connection_is_dropped, assert_all_arrived_once
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.cuttable import CuttableWay, cuttable_way
from surroundings.sending import Sending, logins, opened, write_campaign
from surroundings.waiting import until

CONTACTS = 60
IS_FULL = os.environ.get("PACELINE_CRASH_CAMPAIGN") == "full"
LOCKED_SECONDS = 30 if IS_FULL else 3
SETTINGS: dict[str, Any] = {
    "backoff_longest_seconds": 0.1,
    "watch_seconds": 0.05,
    "intent_timeout_seconds": 1.0,
    "lock_timeout_seconds": 0.5,
    "connect_timeout_seconds": 0.5,
    "connect_attempts": 1,
}

_LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""


def _campaign(tmp_path: Path, server: SmtpSandbox) -> Path:
    accounts = logins(server.port, 2, max_connections=3, rate_per_minute=1200)
    return write_campaign(tmp_path, contacts=CONTACTS, accounts=accounts)


def _store_is_missed(sending: Sending) -> bool:
    return any("cannot be reached" in notice for notice in sending.notices)


def _is_complete(summary: Summary, sending: Sending) -> None:
    assert summary.status is CampaignStatus.COMPLETED
    assert "the database is back, sending goes on" in sending.notices


def test_cut_way_to_the_database_loses_nothing(postgresql_url: str, tmp_path: Path) -> None:
    async def story(url: str, way: CuttableWay) -> None:
        server = SmtpSandbox()
        await server.start()
        path = _campaign(tmp_path, server)
        with opened(url, tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] >= 5)
                await asyncio.to_thread(way.cut)
                await until(lambda: _store_is_missed(sending))
                arrived = -1
                while arrived < server.mailbox.messages:  # what was in flight
                    arrived = server.mailbox.messages
                    await asyncio.sleep(1)  # that nothing happens cannot be waited for
                assert arrived < CONTACTS
                await asyncio.to_thread(way.heal)
                _is_complete(await sending.end(), sending)
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    with cuttable_way(postgresql_url) as (url, way):
        asyncio.run(story(url, way))


def test_way_that_is_cut_during_commits_loses_and_doubles_nothing(postgresql_url: str, tmp_path: Path) -> None:
    async def story(url: str, way: CuttableWay) -> None:
        server = SmtpSandbox()
        await server.start()
        path = _campaign(tmp_path, server)
        with opened(url, tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                for sent in range(4, 52, 6):
                    await sending.until(lambda now, sent=sent: now.counts["sent"] >= sent)  # type: ignore[misc]  # bound now
                    way.swallow_next_answer_to_commit()
                summary = await sending.end()
            assert summary.status is CampaignStatus.COMPLETED
            assert way.swallowed >= 5
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    with cuttable_way(postgresql_url) as (url, way):
        asyncio.run(story(url, way))


@pytest.mark.timeout(180)
def test_database_locked_by_another_process_loses_nothing(sqlite_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        path = _campaign(tmp_path, server)
        with opened(sqlite_url, tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] >= 5)
                locker = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-c", _LOCKER, sqlite_url.removeprefix("sqlite:///"), str(LOCKED_SECONDS)),
                    stdout=asyncio.subprocess.PIPE,
                )
                assert locker.stdout is not None
                await locker.stdout.readline()
                await a_connection_is_dropped(server)
                assert server.mailbox.messages < CONTACTS
                await locker.wait()
                summary = await sending.end(within=120)
            assert summary.status is CampaignStatus.COMPLETED
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    asyncio.run(story())


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 4 MB. Skips where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk is never full")


def test_full_disk_loses_nothing(tmp_path: Path) -> None:
    async def story(disk: Path) -> None:
        server = SmtpSandbox()
        await server.start()
        path = _campaign(tmp_path, server)
        with opened(f"sqlite:///{disk / 'paceline.db'}", tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda now: now.counts["sent"] >= 5)
                filler = _fill(disk)
                await a_connection_is_dropped(server)
                assert server.mailbox.messages < CONTACTS
                filler.unlink()
                summary = await sending.end()
            assert summary.status is CampaignStatus.COMPLETED
            assert_all_arrived_once(context, server, CONTACTS)
        await server.stop()

    with _small_disk(tmp_path / "disk") as disk:
        asyncio.run(story(disk))
