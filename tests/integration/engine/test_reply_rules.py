"""Reply rules over real SMTP: what answers so is suspended, slowed down or paused, said in words, and goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError
from paceline.engine.reply_watch import ReplyWatch
from paceline.operations.accounts import reply_rules
from paceline.operations.accounts.reply_rules import SetRule
from paceline.operations.campaigns.explaining import explain
from paceline.operations.campaigns.summary import Summary
from paceline.operations.context import Context
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.queue import accounts as stored_accounts, reply_rules as stored_rules
from paceline.store.queue.claiming import ClaimedMessage
from surroundings.ports import free_port
from surroundings.senders import queued
from surroundings.sending import Hands, Sending, logins, opened, write_campaign
from surroundings.standings import standing_row

NOON = datetime.fromisoformat("2027-03-01T12:10:00+00:00").timestamp()
SLOW_DOWN = "450 4.7.1 slow down, please"


def scripted(count: int = 3, *, reply: str = SLOW_DOWN, domain: str = "*") -> list[dict[str, Any]]:
    """The first message to each of so many recipients is answered so."""
    return [
        {"stage": "rcpt", "recipient": f"user{number}@{domain}", "per": "recipient", "first": 1, "reply": reply}
        for number in range(count)
    ]


def rule(**fields: Any) -> str:
    values = {"name": "slow", "enhanced": "4.7.*", "after": 3, "within_seconds": 60, "for_seconds": 600, **fields}
    lines = [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values.items()]
    return "\n".join(["[[reply_rules]]", *lines])


async def with_server(
    hands: Hands, rules: list[dict[str, Any]], story: Callable[[SmtpSandbox], Awaitable[None]]
) -> None:
    server = SmtpSandbox(keep_data=False, clock=lambda: hands.at, behaviours=parse_behaviours({"rules": rules}))
    await server.start()
    try:
        await story(server)
    finally:
        await server.stop()


def waits(summary: Summary) -> bool:
    return summary.status is CampaignStatus.PAUSED_LIMITS


def completed(summary: Summary) -> bool:
    return summary.status is CampaignStatus.COMPLETED


def the_rule(context: Context) -> SetRule:
    (one,) = rules(context)
    return one


def test_answers_suspend_an_account_and_no_restart_ends_it(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(server: SmtpSandbox) -> None:
        path = write_campaign(tmp_path, contacts=12, accounts=logins(server.port, 1), tables=rule())
        with opened(database_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                summary = await sending.until(waits)
                assert summary.resumes_at == NOON + 600
                assert summary.accounts[0].state is AccountState.LIMITED
                sentences = [cause.sentence for cause in explain(context, "test")]
                said = f'suspended by the rule slow (3 answers within 1 min like "{SLOW_DOWN}")'
                assert f"relay-0: {said}, next message 12:20 UTC" in sentences
                assert any(said in one and one.endswith("it resumes by itself at 12:20 UTC") for one in sentences)
        taken = len(server.deliveries)
        with opened(database_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                await sending.until(waits)
                (held,) = the_rule(context).holds
                assert (held.what, held.name, held.until_at) == ("account", "relay-0", NOON + 600)
                assert len(server.deliveries) == taken
                hands.turn(600)
                await sending.until(completed)
                assert the_rule(context).holds == ()
        assert len(server.per_recipient) == 12
        assert set(server.per_recipient.values()) == {1}

    asyncio.run(with_server(hands, scripted(), story))


def test_answers_suspend_a_server_and_others_go_on(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(server: SmtpSandbox) -> None:
        elsewhere = {"host": "localhost", "port": server.port, "username": "user-9"}
        accounts = [*logins(server.port, 2), elsewhere]
        script = rule(count_by="server", code="451", enhanced="", after=1)
        path = write_campaign(tmp_path, contacts=40, accounts=accounts, tables=script)
        with opened(sqlite_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                summary = await sending.until(lambda one: one.counts["sent"] + one.counts["deferred"] == 40)
                states = [one.state for one in summary.accounts]
                assert states == [AccountState.LIMITED, AccountState.LIMITED, AccountState.READY]
                hands.turn(600)
                await sending.until(completed)
        assert set(server.per_recipient.values()) == {1}

    bad = {"stage": "rcpt", "username": "user-0", "first": 1, "reply": "451 4.3.0 try later"}
    asyncio.run(with_server(hands, [bad], story))


def test_answers_suspend_a_domain_and_its_recipients_only(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    slow = [f"user{number}@slow.example" for number in range(6)]
    others = [f"user{number}@example.com" for number in range(20)]

    async def story(server: SmtpSandbox) -> None:
        tables = rule(count_by="domain", after=2)
        path = write_campaign(tmp_path, contacts=[*slow, *others], accounts=logins(server.port, 1), tables=tables)
        with opened(database_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda one: one.counts["sent"] >= 20)
                causes = {cause.cause: cause for cause in explain(context, "test")}
                sentence = causes["domain_suspended"].sentence
                assert sentence.startswith("recipients at slow.example: suspended by the rule slow (")
                assert sentence.endswith("next message 12:20 UTC")
                hands.turn(600)
                await sending.until(completed)
        assert set(server.per_recipient.values()) == {1}
        in_time = [one.recipient for one in server.deliveries if one.at < NOON + 600]
        assert set(others) <= set(in_time)
        assert len(in_time) < 26

    asyncio.run(with_server(hands, scripted(2, domain="slow.example"), story))


def test_answers_suspend_or_pause_a_campaign(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(server: SmtpSandbox) -> None:
        def write(**fields: Any) -> Path:
            tables = rule(count_by="campaign", **fields)
            return write_campaign(tmp_path, contacts=12, accounts=logins(server.port, 1), tables=tables)

        with opened(sqlite_url, tmp_path, hands) as context:
            async with Sending(context, write()) as sending:
                summary = await sending.until(waits)
                assert (summary.resumes_at, summary.accounts[0].state) == (NOON + 600, AccountState.READY)
                assert (summary.pause_reason or "").startswith("suspended by the rule slow")
            hands.turn(601)
            reply_rules.set_rule(context, {"name": "slow", "text": "policy", "action": "pause"})
            again = write_campaign(tmp_path, contacts=12, accounts=logins(server.port, 1))
            async with Sending(context, again) as sending:
                summary = await sending.until(lambda one: one.status is CampaignStatus.PAUSED_HEALTH)
                assert (summary.pause_reason or "").startswith("paused by the rule slow (1 answer like")

    policy = {"stage": "rcpt", "recipient": "user1@*", "reply": "451 refused by policy"}
    asyncio.run(with_server(hands, [*scripted(3), policy], story))


def test_account_is_slowed_down_until_a_person_lifts_it(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(server: SmtpSandbox) -> None:
        tables = rule(action="lower", share=0.1, after=1)
        path = write_campaign(tmp_path, contacts=400, accounts=logins(server.port, 1), tables=tables)
        with opened(sqlite_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                await sending.until(lambda _: bool(the_rule(context).holds))
                (held,) = the_rule(context).holds
                assert held.rate_per_minute is not None
                assert held.rate_per_minute < 400
                (cause,) = [one for one in explain(context, "test") if one.cause == "account_lowered"]
                assert cause.until == NOON + 600
                assert "slowed down by the rule slow" in cause.sentence
                reply_rules.lift(context, the_rule(context).id)
                await sending.until(lambda one: one.counts["sent"] == 399)

    asyncio.run(with_server(hands, scripted(1), story))


def test_words_of_our_own_set_off_no_rule(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story() -> None:
        tables = rule(enhanced="", text="connect", after=1)
        path = write_campaign(tmp_path, contacts=3, accounts=logins(free_port(), 1), tables=tables)
        with opened(sqlite_url, tmp_path, hands) as context:
            async with Sending(context, path) as sending:
                summary = await sending.until(lambda one: one.accounts[0].state is AccountState.BACKING_OFF)
                assert "connect" in (summary.accounts[0].reason or "")
            assert the_rule(context).holds == ()

    asyncio.run(story())


def test_senders_count_together_and_old_answers_not_at_all(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    account = standing_row(id=1, host="mail.example.com")

    async def story() -> None:
        with opened(database_url, tmp_path, hands) as context:
            values = {"name": "slow", "code": "450", "count_by": "server", "after": 4, "within_seconds": 60}
            reply_rules.set_rule(context, values)
            acted: list[str] = []
            watches = [
                ReplyWatch(context.queue, lambda: hands.at, in_store=asyncio.to_thread, on_act=lambda: acted.append(""))
                for _ in range(2)
            ]
            with context.queue.read() as connection:
                rows = stored_rules.every(connection)

            async def hear(times: int) -> None:
                for watch in watches:
                    watch.learn(rows)
                    for _ in range(times):
                        watch.hear(account, SLOW_DOWN, None)
                    await watch.settled()

            await hear(1)
            hands.turn(90)
            await hear(1)
            assert not acted
            await hear(1)
            assert len(acted) == 1
            (held,) = the_rule(context).holds
            assert (held.what, held.name, held.until_at) == ("server", "mail.example.com", hands.at + 600)
            await hear(5)  # what comes while it holds is its own consequence
            hands.turn(601)
            await hear(1)
            assert len(acted) == 1

    asyncio.run(story())


def _watching(context: Context, hands: Hands, acted: list[str]) -> ReplyWatch:
    """What a sender hears with, with the rules as they are now."""
    watch = ReplyWatch(context.queue, lambda: hands.at, in_store=asyncio.to_thread, on_act=lambda: acted.append(""))
    with context.queue.read() as connection:
        watch.learn(stored_rules.every(connection))
    return watch


def test_rule_that_cannot_be_counted_takes_no_other_with_it(database_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(context: Context) -> None:
        acted: list[str] = []
        for count_by in ("campaign", "server"):
            values = {"name": count_by, "code": "450", "count_by": count_by, "action": "lower"}
            reply_rules.set_rule(context, values)
        watch = _watching(context, hands, acted)
        no_campaign = ClaimedMessage(1, 404, "ann@example.com", "{}", 0, 1, 0.0, suppressed=False)
        watch.hear(standing_row(host="mail.example.com"), SLOW_DOWN, no_campaign)
        await watch.settled()
        assert [(held.what, held.name) for one in rules(context) for held in one.holds] == [
            ("server", "mail.example.com")
        ]
        assert len(acted) == 1

    with opened(database_url, tmp_path, hands) as context:
        asyncio.run(story(context))


def test_answers_that_come_while_a_rule_holds_wait_for_nobody(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands(NOON)

    async def story(context: Context) -> None:
        acted: list[str] = []
        reply_rules.set_rule(context, {"name": "slow", "code": "450", "count_by": "server"})
        watch = _watching(context, hands, acted)
        account = standing_row(host="mail.example.com")
        watch.hear(account, SLOW_DOWN, None)
        await watch.settled()
        assert len(acted) == 1
        with context.queue.write() as connection:  # another process counts
            (row,) = stored_rules.every(connection)
            stored_rules.lock(connection, row.id)
            watch.hear(account, SLOW_DOWN, None)
            await watch.settled()
        assert not [record for record in caplog.records if record.name == "paceline.engine"]

    with opened(database_url, tmp_path, hands, lock_timeout_seconds=0.5) as context:
        asyncio.run(story(context))


def test_store_that_stays_away_keeps_no_sender_from_leaving(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands(NOON)

    async def story(context: Context) -> None:
        reply_rules.set_rule(context, {"name": "slow", "code": "450", "count_by": "server"})
        acted: list[str] = []
        watch = _watching(context, hands, acted)
        with context.queue.write():
            watch.hear(standing_row(host="mail.example.com"), SLOW_DOWN, None)
            await watch.settled()
        assert "cannot be counted" in caplog.text
        assert not [record for record in caplog.records if record.exc_info]
        watch.hear(standing_row(host="mail.example.com"), SLOW_DOWN, None)
        await watch.settled()
        assert the_rule(context).holds[0].reason.startswith("suspended by the rule slow (2 answers")
        assert len(acted) == 1

    with opened(sqlite_url, tmp_path, hands, lock_timeout_seconds=0.1) as context:
        asyncio.run(story(context))


def test_server_and_campaign_are_slowed_down_from_their_own_pace(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)

    async def story(server: SmtpSandbox) -> None:
        accounts = logins(server.port, 2, rate_per_minute=60)
        path = write_campaign(tmp_path, contacts=2, accounts=accounts, rate_per_minute=120)
        with opened(sqlite_url, tmp_path, hands, heartbeat_seconds=0.05, watch_seconds=0.05) as context:
            campaign_id = queued(context, path)
            for count_by, share in (("server", 0.5), ("campaign", 0.01)):
                values = {"name": count_by, "code": "450", "count_by": count_by, "action": "lower", "share": share}
                reply_rules.set_rule(context, values)
            watch = ReplyWatch(context.queue, lambda: hands.at, in_store=asyncio.to_thread, on_act=lambda: None)
            with context.queue.read() as connection:
                watch.learn(stored_rules.every(connection))
                account = stored_accounts.standings(connection, campaign_id=campaign_id)[0]
            message = ClaimedMessage(1, campaign_id, "ann@example.com", "{}", 0, 1, 0.0, suppressed=False)
            watch.hear(account, SLOW_DOWN, message)
            await watch.settled()
            held = {(one.what, one.name): one.rate_per_minute for one_rule in rules(context) for one in one_rule.holds}
            server_and_accounts = {("server", "127.0.0.1"): 60, ("account", "relay-0"): 30, ("account", "relay-1"): 30}
            assert held == {**server_and_accounts, ("campaign", "test"): 1.2}
            async with Sending(context, path) as sending:
                while not server.deliveries or sending.last is None or not completed(sending.last):
                    hands.turn(3)
                    await asyncio.sleep(0.05)
                    assert hands.at < NOON + 1000
        moments = [one.at for one in server.deliveries]
        assert len(moments) == 2
        assert min(after - before for before, after in pairwise(moments)) > 40

    asyncio.run(with_server(hands, [], story))


def rules(context: Context) -> list[SetRule]:
    return reply_rules.list_rules(context)


@pytest.mark.parametrize("name", ["count_by", "action"])
def test_rule_that_cannot_be_is_refused_with_its_line(sqlite_url: str, tmp_path: Path, name: str) -> None:
    path = write_campaign(tmp_path, contacts=1, accounts=logins(2525, 1), tables=rule(**{name: "planet"}))
    with opened(sqlite_url, tmp_path) as context, pytest.raises(InputError) as refused:
        asyncio.run(_read(context, path))
    (problem,) = refused.value.problems
    assert problem.line is not None
    assert (problem.field or "").endswith(name)


async def _read(context: Context, path: Path) -> None:
    async with Sending(context, path):
        pass
