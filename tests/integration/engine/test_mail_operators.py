"""Limits of an operator of mailboxes hold for all domains whose mail its servers take, as name servers say; real ones here."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from paceline.engine.operator_watch import OperatorWatch
from paceline.operations.context import Context
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store.database import sql
from surroundings.name_server import NameServer, name_server
from surroundings.sending import Hands, Sending, logins, opened, write_campaign
from surroundings.waiting import until

NOON = datetime.fromisoformat("2027-03-01T12:10:00+00:00").timestamp()
CUSTOMERS = [f"user{number}@{domain}" for number in range(4) for domain in ("bakery.example", "butcher.example")]
OTHERS = [f"user{number}@school.example" for number in range(6)]
RECORDS = {
    ("bakery.example", "MX"): ["10 aspmx.l.google.com."],
    ("butcher.example", "MX"): ["20 backup.example.net.", "5 alt1.aspmx.l.google.com."],
    ("school.example", "MX"): ["10 mx.mailhouse.example."],
}


async def _sent(context: Context, path: Path, hands: Hands, expected: int) -> None:
    """Send until so many are sent; the clock goes on, since messages are put off while somebody asks."""
    async with Sending(context, path) as sending:
        while sending.last is None or sending.last.counts["sent"] < expected:
            hands.turn(1.5)
            await asyncio.sleep(0.05)
            assert sending.last is None or sending.last.counts["sent"] <= expected


@pytest.mark.parametrize(
    ("provider", "limited"),
    [("google", "gmail and its customers"), ("mailhouse.example", "whoever the servers are named so")],
)
def test_limit_holds_for_every_domain_of_an_operator(
    database_url: str, tmp_path: Path, provider: str, limited: str
) -> None:
    hands = Hands(NOON)
    held_back, free = (["u@gmail.com", *CUSTOMERS], OTHERS) if provider == "google" else (OTHERS, CUSTOMERS)

    async def story(names: NameServer) -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        table = f'[[limits]]\nfor = "provider"\nname = "{provider}"\nhourly_limit = 3'
        contacts = [*held_back, *free]
        path = write_campaign(tmp_path, contacts=contacts, accounts=logins(server.port, 2), tables=table)
        with opened(database_url, tmp_path, hands, dns_servers=names.setting) as context:
            await _sent(context, path, hands, 3 + len(free))
            with context.queue.read() as connection:
                kept: dict[str, str] = {
                    row.domain: row.host for row in connection.execute(sql("SELECT domain, host FROM mail_operators"))
                }
        await server.stop()
        assert hands.at < NOON + 3000, limited
        assert len({delivery.recipient for delivery in server.deliveries} & set(held_back)) == 3
        assert kept["butcher.example"] == "alt1.aspmx.l.google.com"
        assert sorted(names.asked) == sorted((name, "MX") for name, _ in RECORDS)

    with name_server(RECORDS) as names:
        asyncio.run(story(names))


def test_silent_name_servers_hold_nothing_up_for_long(sqlite_url: str, tmp_path: Path) -> None:
    hands = Hands(NOON)
    contacts = [f"user@shop{number}.example" for number in range(40)]

    async def story(names: NameServer) -> None:
        server = SmtpSandbox(keep_data=False, clock=lambda: hands.at)
        await server.start()
        table = '[[limits]]\nfor = "provider"\nname = "google"\nhourly_limit = 3'
        path = write_campaign(tmp_path, contacts=contacts, accounts=logins(server.port, 1), tables=table)
        with opened(sqlite_url, tmp_path, hands, dns_servers=names.setting, dns_timeout_seconds=0.2) as context:
            await _sent(context, path, hands, 40)
        await server.stop()
        assert len(names.asked) < 40 * 3  # the first ones said that nobody answers

    with name_server(RECORDS) as names:
        names.silent = True
        asyncio.run(story(names))


async def _begun(context: Context, domains: list[str]) -> OperatorWatch:
    """A watch that finds out about these domains from now on, in this order."""
    watch = OperatorWatch(context.queue, context.settings, context.clock.now, asks=True)
    for domain in domains:
        assert watch.operators.host_of(domain) is None
    watch.look()
    return watch


def test_broken_domains_in_a_row_do_not_lift_the_limit_of_an_operator(sqlite_url: str, tmp_path: Path) -> None:
    broken = [f"broken{number}.example" for number in range(24)]

    async def story(names: NameServer) -> None:
        with opened(sqlite_url, tmp_path, dns_servers=names.setting) as context:
            watch = await _begun(context, [*broken, "bakery.example"])
            await until(lambda: not watch.operators.backlog)
            await watch.end()
            assert watch.operators.host_of("bakery.example") == "aspmx.l.google.com"
            assert {watch.operators.host_of(domain) for domain in broken} == {""}

    with name_server(RECORDS) as names:
        names.failing |= {*broken}
        asyncio.run(story(names))


def test_end_waits_for_no_backlog(sqlite_url: str, tmp_path: Path) -> None:
    async def story(names: NameServer) -> None:
        with opened(sqlite_url, tmp_path, dns_servers=names.setting) as context:
            watch = await _begun(context, [f"shop{number}.example" for number in range(1000)])
            await until(lambda: bool(names.asked))
            await watch.end()
            assert len(names.asked) < 1000

    with name_server(RECORDS) as names:
        asyncio.run(story(names))
