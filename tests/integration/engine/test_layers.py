"""Limits in layers: whatever is sent through which accounts, no layer is ever exceeded, counted at the server."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.explaining import explain
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.sending import Hands, Sending, logins, opened, send_to_the_end, write_campaign


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


REFUSED = {"name": "unknown", "stage": "rcpt", "recipient": "unknown*@*", "reply": "550 5.1.1 no such user"}
NOON = instant("2027-03-01T12:10:00+00:00")


def _moved_on(last: float | None, summary: Summary) -> bool:
    paused_anew = summary.status is CampaignStatus.PAUSED_LIMITS and summary.resumes_at != last
    return summary.status is CampaignStatus.COMPLETED or paused_anew


async def _send_through_pauses(context: Context, path: Path, hands: Hands) -> list[tuple[str, str]]:
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


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('for = "workspace"', "the workspace: hourly limit 7 reached"),
        ('for = "campaign"', "the campaign: hourly limit 7 reached"),
        ('for = "server"\nname = "127.0.0.1"', "the server 127.0.0.1: hourly limit 7 reached"),
    ],
    ids=["workspace", "campaign", "server"],
)
def test_accounts_together_never_exceed_a_layer(database_url: str, tmp_path: Path, block: str, reason: str) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        accounts = logins(server.port, 3, hourly_limit=5)
        path = write_campaign(tmp_path, contacts=16, accounts=accounts, tables=f"[[limits]]\n{block}\nhourly_limit = 7")
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            pauses = await _send_through_pauses(context, path, hands)
            with context.queue.read() as connection:
                assert connection.exec_driver_sql("SELECT held FROM layers").scalar_one() == 0
        await server.stop()
        assert [moment for moment, _ in pauses] == ["03-01 13:00", "03-01 14:00"]
        assert all(reason in why for _, why in pauses)
        hours = Counter(int(delivery.at // 3600) for delivery in server.deliveries)
        assert sorted(hours.values()) == [2, 7, 7]

    asyncio.run(story())


@pytest.mark.parametrize("block", ['for = "domain"\nname = "gmail.com"', 'for = "provider"\nname = "google"'])
def test_full_domain_holds_back_its_recipients_only(database_url: str, tmp_path: Path, block: str) -> None:
    hands = Hands(NOON)
    slow = [f"user{number}@gmail.com" for number in range(12)]
    others = [f"user{number}@gmx.de" for number in range(30)]

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        path = write_campaign(
            tmp_path,
            contacts=[*slow, *others],
            accounts=logins(server.port, 3),
            tables=f"[[limits]]\n{block}\nhourly_limit = 5",
        )
        with opened(database_url, tmp_path, hands, heartbeat_seconds=0.1) as context:
            async with Sending(context, path) as sending:
                for hour, sent in [("12:10", 35), ("13:00", 40), ("14:00", 42)]:
                    hands.turn(instant(f"2027-03-01T{hour}:00+00:00") - hands.at)
                    await sending.until(lambda summary, sent=sent: summary.counts["sent"] == sent)  # type: ignore[misc]
                    causes = {cause.cause: cause for cause in explain(context, "test")}
                    assert ("layer_full" in causes) == (sent < 42)
                    if sent < 42:
                        assert "hourly limit 5 reached, next message" in causes["layer_full"].sentence
                        assert causes["layer_full"].until == (hands.at // 3600 + 1) * 3600
                await sending.end()
        await server.stop()
        to_gmail = [delivery for delivery in server.deliveries if delivery.recipient.endswith("@gmail.com")]
        assert Counter(int(delivery.at // 3600) for delivery in to_gmail).most_common(1)[0][1] == 5
        assert len(server.per_recipient) == 42

    asyncio.run(story())


def test_refused_and_deferred_messages_give_their_place_back(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    addresses = [f"{'user' if number % 2 else 'unknown'}{number}@example.com" for number in range(12)]

    async def story() -> None:
        server = SmtpSandbox(
            keep_data=False,
            clock=lambda: hands.at,
            behaviours=parse_behaviours({"rules": [REFUSED]}),
        )
        await server.start()
        table = '[[limits]]\nfor = "workspace"\nhourly_limit = 6'
        path = write_campaign(tmp_path, contacts=addresses, accounts=logins(server.port, 2), tables=table)
        with opened(database_url, tmp_path, hands) as context:
            summary = await send_to_the_end(context, path)
            assert (summary.counts["sent"], summary.counts["failed"]) == (6, 6)
        await server.stop()

    asyncio.run(story())


def test_raised_limit_of_a_domain_lets_waiting_messages_go_at_once(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        accounts = logins(server.port, 2)
        contacts = [f"user{number}@gmail.com" for number in range(8)]

        def write(limit: int) -> Path:
            table = f'[[limits]]\nfor = "domain"\nname = "gmail.com"\ndaily_limit = {limit}'
            return write_campaign(tmp_path, contacts=contacts, accounts=accounts, tables=table)

        with opened(sqlite_url, tmp_path, hands) as context:
            async with Sending(context, write(3)) as sending:
                await sending.until(lambda summary: summary.counts["sent"] == 3)
            assert len(server.deliveries) == 3
            assert (await send_to_the_end(context, write(0))).counts["sent"] == 8
        await server.stop()

    asyncio.run(story())
