"""Sending windows and warm-up in a real campaign: nothing leaves outside of them, counted at the server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.explaining import explain
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Hands, Sending, logins, opened, send_to_the_end, write_campaign

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = """
[window]
days = ["mon", "tue", "wed", "thu", "fri"]
hours = ["09:00-17:00"]
holidays = ["2027-03-29"]
timezone = "Europe/Berlin"
"""


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _moved_on(last: float | None, summary: Summary) -> bool:
    paused_anew = summary.status is CampaignStatus.PAUSED_LIMITS and summary.resumes_at != last
    return summary.status is CampaignStatus.COMPLETED or paused_anew


async def _send_through_pauses(context: Context, path: Path, hands: Hands) -> list[tuple[str, str]]:
    """Send to the end, turning the clock to each moment of resumption; returns those moments and why it had to wait."""
    pauses: list[tuple[str, str]] = []
    last = None
    async with Sending(context, path) as sending:
        while True:
            summary = await sending.until(partial(_moved_on, last))
            if summary.status is CampaignStatus.COMPLETED:
                return pauses
            last = summary.resumes_at
            assert last is not None
            pauses.append((f"{datetime.fromtimestamp(last, UTC):%m-%d %H:%M}", summary.pause_reason or ""))
            hands.turn(last - hands.at)


def test_campaign_waits_for_its_window_and_says_until_when(database_url: str, tmp_path: Path) -> None:
    hands = Hands(instant("2027-03-26T17:30:00+01:00"))  # a Friday; summer time and a holiday follow

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 2), tables=OFFICE)
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            pauses = await _send_through_pauses(context, path, hands)
        await server.stop()
        reason = "outside its sending window (mon-fri 09:00-17:00, holidays left out, Europe/Berlin)"
        assert pauses == [("03-30 07:00", reason)]
        assert len(server.per_recipient) == 20

    asyncio.run(story())


def test_nothing_leaves_after_the_window_has_closed(database_url: str, tmp_path: Path) -> None:
    hands = Hands(instant("2027-03-01T16:59:00+01:00"))

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        limits = {"minute_limit": 3}
        path = write_campaign(tmp_path, contacts=5, accounts=logins(server.port, 1, **limits), tables=OFFICE)
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            pauses = await _send_through_pauses(context, path, hands)
        await server.stop()
        assert [moment for moment, _ in pauses] == ["03-01 16:00", "03-02 08:00"]
        sent = sorted(datetime.fromtimestamp(delivery.at, BERLIN) for delivery in server.deliveries)
        assert [f"{at:%d %H:%M}" for at in sent] == ["01 16:59"] * 3 + ["02 09:00"] * 2

    asyncio.run(story())


def test_every_recipient_gets_it_in_the_morning_of_his_own_zone(database_url: str, tmp_path: Path) -> None:
    zones = ["Asia/Tokyo", "Europe/Berlin", "America/New_York", ""]
    hands = Hands(instant("2027-03-01T00:00:00+00:00"))
    table = """
[window]
hours = "09:00-17:00"
timezone = "Europe/London"
recipient_timezone = "zone"
not_before = 2027-03-01T09:00:00
"""

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        path = write_campaign(tmp_path, contacts=0, accounts=logins(server.port, 2), tables=table)
        rows = [f"user{number}@example.com,N,{zones[number % 4]}" for number in range(40)]
        (tmp_path / "test.csv").write_text("\n".join(["email,first_name,zone", *rows]) + "\n")
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            async with Sending(context, path) as sending:
                for moment, count in [
                    ("09:00+09:00", 10),
                    ("09:00+01:00", 20),
                    ("09:00+00:00", 30),
                    ("09:00-05:00", 40),
                ]:
                    hands.turn(instant(f"2027-03-01T{moment}") - hands.at)
                    await sending.until(lambda summary, count=count: summary.counts["sent"] == count)  # type: ignore[misc]
                    causes = {cause.cause for cause in explain(context, "test")}
                    assert ("recipient_hours" in causes) == (count < 40)
                await sending.end()
        await server.stop()
        for delivery in server.deliveries:
            zone = zones[int(delivery.recipient.removeprefix("user").partition("@")[0]) % 4] or "Europe/London"
            assert f"{datetime.fromtimestamp(delivery.at, ZoneInfo(zone)):%d %H:%M}" == "01 09:00"

    asyncio.run(story())


@pytest.mark.parametrize("ramp", ["2 +1 until 5", "2, 3, 4"])
def test_new_account_sends_more_every_day_until_its_ramp_ends(sqlite_url: str, tmp_path: Path, ramp: str) -> None:
    hands = Hands(instant("2027-03-01T22:30:00+00:00"))

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        accounts = logins(server.port, 1, warm_up=ramp, timezone="Europe/Berlin")
        path = write_campaign(tmp_path, contacts=20, accounts=accounts)
        with opened(sqlite_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            pauses = await _send_through_pauses(context, path, hands)
        await server.stop()
        assert [moment for moment, _ in pauses] == ["03-01 23:00", "03-02 23:00", "03-03 23:00"]
        assert "warm-up limit 2 reached" in pauses[0][1]
        days = [datetime.fromtimestamp(delivery.at, BERLIN).day for delivery in server.deliveries]
        assert [days.count(day) for day in (1, 2, 3, 4)] == [2, 3, 4, 11]

    asyncio.run(story())


def test_changed_window_holds_at_once(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(instant("2027-03-01T20:00:00+01:00"))

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        accounts = logins(server.port, 1)
        path = write_campaign(tmp_path, contacts=5, accounts=accounts, tables=OFFICE)
        with opened(sqlite_url, tmp_path, hands) as context:
            waiting = await send_to_the_end(context, path, exit_when_paused=True)
            assert waiting.counts["queued"] == waiting.total
            write_campaign(tmp_path, contacts=5, accounts=accounts)
            assert (await send_to_the_end(context, path)).counts["sent"] == 5
        await server.stop()

    asyncio.run(story())
