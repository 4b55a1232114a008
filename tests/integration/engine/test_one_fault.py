"""What is wrong with one thing holds up nothing else: an account whose password does not open, a damaged row, a full house of threads."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import summary_of
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.senders import one_more_sender, queued
from surroundings.sending import logins, opened, send_to_the_end, write_campaign
from surroundings.waiting import until


def test_heartbeat_needs_no_thread_that_others_keep_busy(sqlite_url: str, tmp_path: Path) -> None:
    """Name servers that do not answer keep threads for long, many at a time."""

    def lease_until(context: Context) -> float:
        with context.queue.read() as connection:
            return float(connection.execute(sql("SELECT MAX(lease_until) FROM senders")).scalar() or 0)

    async def story(context: Context) -> None:
        over = threading.Event()
        async with one_more_sender(context, None):
            await until(lambda: lease_until(context) > 0)
            busy = [asyncio.get_running_loop().run_in_executor(None, over.wait, 60) for _ in range(100)]
            before = lease_until(context)
            try:
                await until(lambda: lease_until(context) > before + 0.5, within=10)
            finally:
                over.set()
                await asyncio.gather(*busy)

    with opened(sqlite_url, tmp_path, heartbeat_seconds=0.1, lease_seconds=3, lease_margin_seconds=1) as context:
        asyncio.run(story(context))


def test_account_whose_password_does_not_open_breaks_alone(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        server = SmtpSandbox(keep_data=False)
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 2))
        with opened(database_url, tmp_path) as context:
            campaign_id = queued(context, path)
            context.queue.execute(
                "UPDATE accounts SET secrets = (SELECT o.secrets FROM accounts o WHERE o.name = 'relay-1') "
                "WHERE name = 'relay-0'"
            )
            async with one_more_sender(context, campaign_id):
                await until(lambda: summary_of(context, campaign_id).counts["sent"] == 20)
            states = {one.name: (str(one.state), one.reason or "") for one in summary_of(context, campaign_id).accounts}
        await server.stop()
        assert states["relay-0"][0] == "broken"
        assert "does not open" in states["relay-0"][1]
        assert states["relay-1"][0] == "ready"

    asyncio.run(story())


@pytest.mark.parametrize("window", ["", '[window]\nrecipient_timezone = "zone"\n'])
def test_damaged_row_fails_alone(sqlite_url: str, tmp_path: Path, window: str) -> None:
    async def story() -> None:
        server = SmtpSandbox(keep_data=False)
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1), tables=window)
        with opened(sqlite_url, tmp_path) as context:
            queued(context, path)
            context.queue.execute("UPDATE messages SET fields = '[1]' WHERE address LIKE 'user5@%'")
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.status is CampaignStatus.COMPLETED
        assert (summary.counts["sent"], summary.counts["failed"]) == (19, 1)

    asyncio.run(story())


def test_sender_that_fails_finishes_what_is_open(sqlite_url: str, tmp_path: Path) -> None:
    slow = {"stage": "dot", "recipient": "*", "delay_seconds": 1, "reply": "250 2.0.0 stored"}

    async def fails_with_open_transactions(context: Context, campaign_id: int) -> None:
        async with one_more_sender(context, campaign_id):
            await until(lambda: summary_of(context, campaign_id).counts["sending"] > 0)
            context.queue.execute("UPDATE accounts SET limit_window = 'planet'")
            await until(lambda: not _living(context))

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, behaviours=parse_behaviours({"rules": [slow]}))
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1))
        with opened(sqlite_url, tmp_path) as context:
            campaign_id = queued(context, path)
            with pytest.raises(ValueError, match="planet"):
                await fails_with_open_transactions(context, campaign_id)
            context.queue.execute("UPDATE accounts SET limit_window = 'calendar'")
            counts = summary_of(context, campaign_id).counts
        await server.stop()
        assert (counts["sent"], counts["uncertain"]) == (len(server.per_recipient), 0)

    asyncio.run(story())


def _living(context: Context) -> int:
    with context.queue.read() as connection:
        return int(connection.execute(sql("SELECT COUNT(*) FROM senders WHERE ended_at IS NULL")).scalar_one())
