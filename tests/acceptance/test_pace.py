"""Pace in real time, measured where it counts: at the servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import uvloop

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns import campaigns
from paceline.sandbox.mailbox import Delivery
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.scripted_smtp import ENVELOPE, HELLO, scripted_server
from surroundings.sending import Sending, logins, opened, write_campaign

_PER_SECOND = 4
_MEASURED_SECONDS = 8.0


def _rate(deliveries: Sequence[Delivery]) -> float:
    """Messages per second after the first second, in which connections are opened."""
    begin = deliveries[0].at + 1
    return sum(begin <= delivery.at < begin + _MEASURED_SECONDS for delivery in deliveries) / _MEASURED_SECONDS


@asynccontextmanager
async def _sandbox() -> AsyncIterator[SmtpSandbox]:
    sandbox = SmtpSandbox(port=0)
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.stop()


def _enough(accounts: int) -> int:
    """Messages of so many accounts in the measured seconds, and a little more."""
    return int(accounts * _PER_SECOND * (_MEASURED_SECONDS + 1.5))


async def _send(folder: Path, sandbox: SmtpSandbox, accounts: int) -> None:
    tables = logins(sandbox.port, accounts, rate_per_minute=60 * _PER_SECOND)
    path = write_campaign(folder, contacts=_enough(accounts) + 100, accounts=tables)
    with opened(f"sqlite:///{folder / 'paceline.db'}", folder) as context:
        async with Sending(context, path), asyncio.timeout(60):
            await sandbox.wait_for(_enough(accounts))


def test_ten_accounts_at_four_a_second_give_forty_where_one_gives_four(tmp_path: Path) -> None:
    for name in ("one", "ten"):
        (tmp_path / name).mkdir()

    async def story() -> None:
        async with _sandbox() as alone, _sandbox() as together:
            await asyncio.gather(_send(tmp_path / "one", alone, 1), _send(tmp_path / "ten", together, 10))
            assert _rate(alone.deliveries) == pytest.approx(4, rel=0.05)
            assert _rate(together.deliveries) == pytest.approx(40, rel=0.05)

    uvloop.run(story())


@pytest.mark.parametrize(
    "script", ["SILENCE", f"{HELLO}{ENVELOPE}BODY\nSILENCE"], ids=["never answers", "stalls at the dot"]
)
def test_stalling_server_of_one_account_does_not_slow_the_nine_others(tmp_path: Path, script: str) -> None:
    async def story() -> None:
        async with _sandbox() as sandbox, AsyncExitStack() as stalling:
            server = await stalling.enter_async_context(scripted_server(script))
            accounts = logins(sandbox.port, 9, rate_per_minute=60 * _PER_SECOND)
            accounts.append({"port": server.port, "rate_per_minute": 60 * _PER_SECOND})
            path = write_campaign(tmp_path, contacts=_enough(9) + 100, accounts=accounts)
            with opened(f"sqlite:///{tmp_path / 'paceline.db'}", tmp_path) as context:
                async with Sending(context, path), asyncio.timeout(60):
                    await sandbox.wait_for(_enough(9))
                    assert server.connections == 1
                    await stalling.aclose()  # else its open transaction would be waited for
            assert _rate(sandbox.deliveries) == pytest.approx(36, rel=0.05)
            assert sorted(sandbox.mailbox.per_login) == [f"user-{n}" for n in range(9)]

    uvloop.run(story())


def _gaps(deliveries: Sequence[Delivery]) -> list[float]:
    return [later.at - earlier.at for earlier, later in pairwise(deliveries)]


def test_turtle_campaign_is_evenly_spaced_and_catches_up_nothing_after_a_pause(tmp_path: Path) -> None:
    async def story() -> None:
        async with _sandbox() as sandbox:
            accounts = logins(sandbox.port, 3, max_connections=2)
            path = write_campaign(tmp_path, contacts=200, accounts=accounts, rate_per_minute=120)
            with opened(f"sqlite:///{tmp_path / 'paceline.db'}", tmp_path) as context:
                async with Sending(context, path) as sending, asyncio.timeout(60):
                    await sandbox.wait_for(12)
                    await asyncio.to_thread(campaigns.pause, context, "test")
                    assert (await sending.end()).status is CampaignStatus.PAUSED
                before = list(sandbox.deliveries)
                await asyncio.sleep(3)  # the pause itself
                await asyncio.to_thread(campaigns.resume, context, "test")
                async with Sending(context, path), asyncio.timeout(60):
                    await sandbox.wait_for(len(before) + 12)
            after = sandbox.deliveries[len(before) :]
        for part in (before, after):
            gaps = _gaps(part)
            assert min(gaps) > 0.3
            assert max(gaps) < 0.8
            assert sum(gaps) / len(gaps) == pytest.approx(0.5, rel=0.05)

    uvloop.run(story())
