"""Whatever an SMTP server does, the counts are honest: a campaign through each fault of reference/threats.md.

The sandbox decides what is a copy; every row names what the campaign must say in the end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.campaigns import messages
from paceline.operations.campaigns.summary import Summary
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.sending import Sending, logins, opened, send_to_the_end, write_campaign

CONTACTS = 12
QUICK: dict[str, Any] = {"max_attempts": 2, "retry_delay_seconds": 0.05}
SETTINGS: dict[str, Any] = {"backoff_longest_seconds": 0.1, "final_dot_timeout_seconds": 1.0, "watch_seconds": 0.05}

ALL_SENT = {"sent": CONTACTS}
ONE_FAILED = {"sent": CONTACTS - 1, "failed": 1}
ONE_UNCERTAIN = {"sent": CONTACTS - 1, "uncertain": 1}

CLOSE = {"answer": "none", "then": "close"}
RESET = {"answer": "none", "then": "reset"}
USER_1 = {"recipient": "user1@*"}


def once(stage: str | list[str], **what: Any) -> dict[str, Any]:
    return {"stage": stage, "first": 1, **what}


# fault -> (rules, what the campaign says in the end)
FAULTS: dict[str, tuple[list[dict[str, Any]], dict[str, int]]] = {
    # before the message
    "closed before the greeting": ([once("connect", **CLOSE)], ALL_SENT),
    "closed after EHLO": ([once("ehlo", **CLOSE)], ALL_SENT),
    "closed after AUTH": ([once("auth", **CLOSE)], ALL_SENT),
    "greeting 554": ([once("connect", reply="554 5.3.2 not now", then="close")], ALL_SENT),
    "greeting 421": ([once("connect", reply="421 4.3.2 busy")], ALL_SENT),
    "greeting is garbage": ([once("connect", answer="garbage", then="close")], ALL_SENT),
    "greeting never ends": ([once("connect", answer="endless")], ALL_SENT),
    "login 454": ([once("auth", reply="454 4.7.0 temporary")], ALL_SENT),
    "login 432": ([once("auth", reply="432 4.3.2 too many connections")], ALL_SENT),
    # inside the message
    "drop after MAIL": ([once("mail", **CLOSE)], ALL_SENT),
    "drop after RCPT": ([once("rcpt", **CLOSE)], ALL_SENT),
    "drop instead of 354": ([once("data", **CLOSE)], ALL_SENT),
    "drop after 354": ([once("data", reply="354 go ahead", then="close")], ALL_SENT),
    "drop in the body": ([once("body", at_byte=100, **RESET)], ALL_SENT),
    "drop after the dot, stored": ([once("dot", stored=True, **RESET)], ONE_UNCERTAIN),
    "drop after the dot, not stored": ([once("dot", stored=False, **RESET)], ONE_UNCERTAIN),
    "reply after our timeout": ([once("dot", delay_seconds=30, reply="250 2.0.0 ok")], ONE_UNCERTAIN),
    "250, then RST": ([{"stage": "dot", "reply": "250 2.0.0 ok", "then": "reset"}], ALL_SENT),
    "421 on whatever follows": ([{"stage": "next", "every": 3, "reply": "421 4.3.2 enough"}], ALL_SENT),
    "garbage after the dot": ([once("dot", answer="garbage", stored=True)], ONE_UNCERTAIN),
    "8 KB line after the dot": ([once("dot", answer="garbage", garbage_bytes=9000, stored=True)], ONE_UNCERTAIN),
    "replies octet by octet": ([{"stage": ["mail", "rcpt", "data", "dot"], "packets": "bytewise"}], ALL_SENT),
    "unsolicited 421": ([once("dot", reply="250 2.0.0 ok", extra="421 4.3.2 going down")], ALL_SENT),
    "one reply too many": ([once("rcpt", extra="250 2.0.0 ok")], ALL_SENT),
    "354 although RCPT was refused": (
        [{"stage": "rcpt", "reply": "550 5.1.1 no", **USER_1}, {"stage": "data", "every": 1, "reply": "354 go ahead"}],
        ONE_FAILED,
    ),
    "250 instead of 354": ([once("data", reply="250 2.0.0 ok")], ALL_SENT),
    "421 every 5th message": (
        [{"stage": "mail", "per": "connection", "every": 5, "reply": "421 4.7.0 enough"}],
        ALL_SENT,
    ),
    "421 at MAIL": ([once("mail", reply="421 4.3.2 busy")], ALL_SENT),
    "421 at RCPT": ([once("rcpt", reply="421 4.3.2 busy")], ALL_SENT),
    "421 at DATA": ([once("data", reply="421 4.3.2 busy")], ALL_SENT),
    "421 after the dot": ([once("dot", reply="421 4.3.2 busy")], ALL_SENT),
    "450 at MAIL": ([once("mail", reply="450 4.3.2 not now")], ALL_SENT),
    "450 at RCPT": ([once("rcpt", reply="450 4.2.1 not now")], ALL_SENT),
    "450 at RCPT for ever": ([{"stage": "rcpt", "reply": "450 4.2.1 not now", **USER_1}], ONE_FAILED),
    "451 at DATA": ([once("data", reply="451 4.3.0 not now")], ALL_SENT),
    "451 after the dot": ([once("dot", reply="451 4.3.0 not now")], ALL_SENT),
    "452 at RCPT": ([once("rcpt", reply="452 4.2.2 mailbox full")], ALL_SENT),
    "452 after the dot": ([once("dot", reply="452 4.3.1 no space")], ALL_SENT),
    "550 at RCPT": ([{"stage": "rcpt", "reply": "550 5.1.1 unknown user", **USER_1}], ONE_FAILED),
    "552 at RCPT": ([{"stage": "rcpt", "reply": "552 5.2.2 mailbox full", **USER_1}], ONE_FAILED),
    "550 after the dot": ([{"stage": "dot", "reply": "550 5.7.1 refused", **USER_1}], ONE_FAILED),
    "552 after the dot": ([{"stage": "dot", "reply": "552 5.3.4 too big", **USER_1}], ONE_FAILED),
    "554 after the dot": ([{"stage": "dot", "reply": "554 5.7.1 spam", **USER_1}], ONE_FAILED),
    "554 at DATA": ([{"stage": "data", "reply": "554 5.5.1 no", **USER_1}], ONE_FAILED),
}


def assert_honest(summary: Summary, rows: list[dict[str, Any]], copies: dict[str, int]) -> None:
    """Rules C1 to C4 of reference/threats.md."""
    assert sum(summary.counts.values()) == summary.total == CONTACTS
    for row in rows:
        copied = copies.get(row["address"], 0)
        assert copied <= 1, f"doubled: {row}"
        if row["state"] == "sent":
            assert copied == 1, f"lost: {row}"
        elif row["state"] != "uncertain":
            assert copied == 0, f"dishonest: {row}"


@pytest.mark.parametrize("fault", FAULTS)
def test_counts_are_honest_through(fault: str, sqlite_url: str, tmp_path: Path) -> None:
    rules, expected = FAULTS[fault]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 1), **QUICK)
        with opened(sqlite_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path)
            rows = list(messages(context, "test", state=None))
        await server.stop()
        assert_honest(summary, rows, dict(server.per_recipient))
        assert summary.status is CampaignStatus.COMPLETED
        assert {state: count for state, count in summary.counts.items() if count} == expected
        if expected.get("uncertain"):
            uncertain = next(row for row in rows if row["state"] == "uncertain")
            assert uncertain["account"] == "relay-0"
            assert uncertain["reply"]
            assert uncertain["at"]

    asyncio.run(story())


@pytest.mark.parametrize(
    "rules",
    [
        [{"stage": "auth", "reply": "535 5.7.8 bad credentials"}],
        [{"stage": "mail", "reply": "530 5.7.0 authentication required"}],
    ],
    ids=["535 at AUTH", "530 at MAIL"],
)
def test_refused_login_breaks_the_account_after_two_tries(
    rules: list[dict[str, Any]], sqlite_url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 1, max_connections=5))
        with opened(sqlite_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path)
        assert summary.status is CampaignStatus.PAUSED_HEALTH
        assert summary.counts["queued"] == CONTACTS
        assert summary.accounts[0].state is AccountState.BROKEN
        assert server.mailbox.most_connections <= 1
        await server.stop()

    asyncio.run(story())


def test_broken_account_leaves_its_messages_to_the_others(database_url: str, tmp_path: Path) -> None:
    rules = [{"stage": "auth", "username": "user-0", "reply": "535 5.7.8 bad credentials"}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 3))
        with opened(database_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.status is CampaignStatus.COMPLETED
        assert summary.counts["sent"] == CONTACTS
        assert summary.accounts[0].sent == 0

    asyncio.run(story())


def test_providers_own_limit_pauses_the_account_and_blames_no_recipient(database_url: str, tmp_path: Path) -> None:
    reply = "550 5.4.5 Daily user sending limit exceeded."
    rules = [{"stage": "dot", "after_messages": 5, "per": "login", "reply": reply, "stored": False}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(server.port, 2))
        with opened(database_url, tmp_path, **SETTINGS) as context:
            summary = await send_to_the_end(context, path, exit_when_paused=True)
            rows = list(messages(context, "test", state=None))
        await server.stop()
        assert_honest(summary, rows, dict(server.per_recipient))
        assert summary.status is CampaignStatus.PAUSED_LIMITS
        assert summary.counts["sent"] == 10
        assert summary.counts["queued"] == 2
        assert all("5.4.5" in (a.reason or "") for a in summary.accounts)

    asyncio.run(story())


def test_unreachable_server_costs_nobody_anything_and_the_campaign_ends_when_it_is_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        server = SmtpSandbox()
        await server.start()
        port = server.port
        await server.stop()
        path = write_campaign(tmp_path, contacts=CONTACTS, accounts=logins(port, 1))
        with opened(sqlite_url, tmp_path, **SETTINGS) as context:
            async with Sending(context, path) as sending:
                seen = await sending.until(lambda s: s.accounts[0].state is AccountState.BACKING_OFF)
                assert seen.counts["queued"] + seen.counts["sending"] == CONTACTS
                await server.start()
                assert server.port == port
                summary = await sending.end()
            rows = list(messages(context, "test", state=None))
        await server.stop()
        assert summary.counts["sent"] == CONTACTS
        assert {row["attempts"] for row in rows} == {1}

    asyncio.run(story())


def test_hard_bounce_suppresses_the_address_for_the_next_campaign(database_url: str, tmp_path: Path) -> None:
    rules = [{"stage": "rcpt", "reply": "550 5.1.1 no such user", **USER_1}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        accounts = logins(server.port, 1)
        with opened(database_url, tmp_path, **SETTINGS) as context:
            first = write_campaign(tmp_path, contacts=3, accounts=accounts, key="first")
            assert (await send_to_the_end(context, first)).counts["failed"] == 1
            server.behaviours = parse_behaviours({"rules": []})
            second = write_campaign(tmp_path, contacts=3, accounts=accounts, key="second")
            summary = await send_to_the_end(context, second)
        await server.stop()
        assert summary.counts["skipped"] == 1
        assert summary.counts["sent"] == 2
        assert server.per_recipient["user1@example.com"] == 0

    asyncio.run(story())


def test_hard_bounce_makes_a_suppression_that_had_an_end_final(database_url: str, tmp_path: Path) -> None:
    rules = [{"stage": "rcpt", "reply": "550 5.1.1 no such user", **USER_1}]

    async def story() -> None:
        server = SmtpSandbox(behaviours=parse_behaviours({"rules": rules}))
        await server.start()
        with opened(database_url, tmp_path, **SETTINGS) as context:
            context.queue.execute(
                "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at, expires_at) "
                "VALUES (1, 'email', 'user1@example.com', 'full mailbox', 'soft bounces', 1, 2)"
            )
            path = write_campaign(tmp_path, contacts=3, accounts=logins(server.port, 1), key="first")
            assert (await send_to_the_end(context, path)).counts["failed"] == 1
            with context.queue.read() as connection:
                rows = connection.execute(sql("SELECT source, expires_at FROM suppressions")).all()
        await server.stop()
        assert [tuple(row) for row in rows] == [("hard bounce", None)]

    asyncio.run(story())
