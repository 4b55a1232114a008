"""Limits: no account ever exceeds one in any window, and a campaign resumes at the computed moment. Counted at the server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Hands, Sending, logins, opened, send_to_the_end, write_campaign


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NOON = instant("2027-03-01T12:10:00+00:00")


def server_of(hands: Hands) -> SmtpSandbox:
    return SmtpSandbox(keep_data=False, clock=lambda: hands.at)


def paused_for_limits(summary: Summary) -> bool:
    return summary.status is CampaignStatus.PAUSED_LIMITS


def ended_or_paused_anew(last: float | None, summary: Summary) -> bool:
    paused_anew = paused_for_limits(summary) and summary.resumes_at != last
    return summary.status is CampaignStatus.COMPLETED or paused_anew


async def send_through_windows(context: Context, path: Path, hands: Hands) -> list[float]:
    """Send to the end, turning the clock to each moment of resumption; returns those moments."""
    moments: list[float] = []
    async with Sending(context, path) as sending:
        while True:
            last = moments[-1] if moments else None
            summary = await sending.until(partial(ended_or_paused_anew, last))
            if summary.status is CampaignStatus.COMPLETED:
                return moments
            assert summary.resumes_at is not None
            moments.append(summary.resumes_at)
            hands.turn(summary.resumes_at - hands.at)


def test_ten_accounts_of_forty_an_hour_send_a_thousand_in_three_hours(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        path = write_campaign(tmp_path, contacts=1000, accounts=logins(server.port, 10, hourly_limit=40))
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            moments = await send_through_windows(context, path, hands)
        await server.stop()
        assert moments == [instant("2027-03-01T13:00:00+00:00"), instant("2027-03-01T14:00:00+00:00")]
        assert len(server.per_recipient) == 1000
        assert set(server.per_recipient.values()) == {1}
        per_window = server.mailbox.accepted_per_login_and_window(3600, UTC)
        assert max(per_window.values()) == 40
        assert sum(per_window.values()) == 1000

    asyncio.run(story())


def test_campaign_ends_with_its_pause_when_asked_to(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        path = write_campaign(tmp_path, contacts=30, accounts=logins(server.port, 2, hourly_limit=5))
        with opened(database_url, tmp_path, hands) as context:
            summary = await send_to_the_end(context, path, exit_when_paused=True)
            assert summary.status is CampaignStatus.PAUSED_LIMITS
            assert summary.counts["sent"] == 10
            assert summary.counts["queued"] == 20
            assert summary.resumes_at == instant("2027-03-01T13:00:00+00:00")
            assert {a.reason for a in summary.accounts} == {"hourly limit 5 reached"}
        await server.stop()

    asyncio.run(story())


def test_exhausted_account_gets_no_connection_at_the_start(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        accounts = logins(server.port, 1, daily_limit=3)
        first = write_campaign(tmp_path, contacts=3, accounts=accounts, key="first")
        second = write_campaign(tmp_path, contacts=3, accounts=accounts, key="second")
        with opened(database_url, tmp_path, hands) as context:
            assert (await send_to_the_end(context, first)).status is CampaignStatus.COMPLETED
            connections = server.mailbox.most_connections
            await server.stop()  # a worker that tried to connect now would back off instead of being limited
            summary = await send_to_the_end(context, second, exit_when_paused=True)
        assert connections == 1
        assert summary.status is CampaignStatus.PAUSED_LIMITS
        assert summary.accounts[0].reason == "daily limit 3 reached"
        assert summary.resumes_at == instant("2027-03-02T00:00:00+00:00")

    asyncio.run(story())


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"minute_limit": 2, "hourly_limit": 4}, ["12:11:00", "13:00:00", "13:01:00"]),
        ({"hourly_limit": 4, "window": "rolling"}, ["13:10:10", None]),
        ({"daily_limit": 4, "timezone": "Asia/Kolkata"}, ["18:30:00", None]),
    ],
    ids=["tightest of two", "rolling", "midnight in the account's zone"],
)
def test_campaign_resumes_at_the_computed_moment(
    sqlite_url: str, tmp_path: Path, limits: dict[str, object], expected: list[str | None]
) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        path = write_campaign(tmp_path, contacts=8, accounts=logins(server.port, 1, **limits))
        with opened(sqlite_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            moments = await send_through_windows(context, path, hands)
        await server.stop()
        shown = [datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S") for moment in moments]
        assert shown == [moment for moment in expected if moment]
        assert sum(server.per_recipient.values()) == 8

    asyncio.run(story())


@pytest.mark.parametrize("start", ["2027-03-28T00:10:00+01:00", "2027-10-31T00:10:00+02:00"], ids=["spring", "autumn"])
def test_daily_limit_holds_across_summer_time(sqlite_url: str, tmp_path: Path, start: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    hands = Hands(instant(start))

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        limits = {"daily_limit": 5, "hourly_limit": 2, "timezone": zone.key}
        path = write_campaign(tmp_path, contacts=15, accounts=logins(server.port, 1, **limits))
        with opened(sqlite_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            await send_through_windows(context, path, hands)
        await server.stop()
        days = [datetime.fromtimestamp(d.at, zone).date() for d in server.deliveries]
        assert max(days.count(day) for day in days) == 5
        hours = [int(d.at // 3600) for d in server.deliveries]
        assert max(hours.count(hour) for hour in hours) == 2

    asyncio.run(story())


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_jump_of_the_wall_clock_opens_no_window(sqlite_url: str, tmp_path: Path, jump: float) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        path = write_campaign(tmp_path, contacts=9, accounts=logins(server.port, 1, hourly_limit=4))
        with opened(sqlite_url, tmp_path, hands, heartbeat_seconds=0.05) as context:
            async with Sending(context, path) as sending:
                await sending.until(paused_for_limits)
                hands.at += jump  # the wall clock alone
                beats = context.clock.now()
                hands.turn(30)
                await sending.until(lambda s: context.clock.now() >= beats + 30 and paused_for_limits(s))
                assert len(server.per_recipient) == 4
        await server.stop()

    asyncio.run(story())


def test_changed_limit_holds_at_once_and_grants_no_window_twice(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = server_of(hands)
        await server.start()
        path = write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1, hourly_limit=4))
        with opened(database_url, tmp_path, hands) as context:
            assert (await send_to_the_end(context, path, exit_when_paused=True)).counts["sent"] == 4
            write_campaign(
                tmp_path, contacts=20, accounts=logins(server.port, 1, hourly_limit=7, timezone="Asia/Tokyo")
            )
            assert (await send_to_the_end(context, path, exit_when_paused=True)).counts["sent"] == 7
            write_campaign(tmp_path, contacts=20, accounts=logins(server.port, 1, hourly_limit=2))
            assert (await send_to_the_end(context, path, exit_when_paused=True)).counts["sent"] == 7
        await server.stop()

    asyncio.run(story())
