"""A dry run: it shows what sending does, changes nothing, reaches nobody, and takes as long in its time as sending in ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paceline.channels.base import Letter
from paceline.content.email import EmailContent
from paceline.domain.account import Account, AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import InputError, StoreUnavailable
from paceline.domain.message import ReportKind
from paceline.domain.outcome import Accepted, AccountTrouble, Deferred, Outcome, Returned, TroubleKind
from paceline.launch.file_launch import FileLaunch
from paceline.operations.campaign_file.campaign_file import read_campaign_file
from paceline.operations.campaigns.dry_run import dry_run
from paceline.operations.campaigns.rehearsal import DryRun
from paceline.operations.context import Context
from paceline.operations.workers import workers
from paceline.sandbox.behaviour_file import parse_behaviours
from paceline.sandbox.smtp_server import SmtpSandbox
from paceline.store import scratch
from paceline.store.database import sql
from surroundings.ports import free_port
from surroundings.queue import Queue
from surroundings.sending import Hands, logins, opened, send_to_the_end, write_campaign

NOON = 1_803_902_400.0
ENVIRONMENT = {"TEST_PASSWORD": "secret"}


def rows(context: Context) -> dict[str, list[tuple[object, ...]]]:
    """All that sending changes."""
    tables = ("campaigns", "messages", "accounts", "usage", "campaign_counters", "suppressions", "senders", "events")
    with context.queue.read() as connection:
        found = {table: connection.execute(sql(f"SELECT * FROM {table}")).all() for table in tables}
    return {table: sorted(map(tuple, kept), key=repr) for table, kept in found.items()}


def pauses(ran: DryRun) -> list[tuple[float, float]]:
    return [
        (round(one.at - NOON, 1), following.at - NOON)
        for one, following in zip(ran.timeline, ran.timeline[1:], strict=False)
        if one.status is CampaignStatus.PAUSED_LIMITS
    ]


def test_it_shows_every_pause_and_leaves_the_queue_as_it_was(database_url: str, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, contacts=100, accounts=logins(2525, 1, hourly_limit=40))
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        before = rows(context)
        ran = dry_run(context, read_campaign_file(path, ENVIRONMENT))
        assert rows(context) == before
    assert pauses(ran) == [(4.0, 3600.0), (3604.0, 7200.0)]
    assert ran.summary.status is CampaignStatus.COMPLETED
    assert ran.summary.counts["sent"] == sum(count for _, count in ran.per_day) == 100
    assert json.loads(json.dumps(ran.to_json()))["dry_run"] is True


def test_it_continues_where_a_campaign_stands(database_url: str, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, contacts=20, accounts=logins(2525, 1))
    content = EmailContent(from_address="Ann <ann@example.com>", subject="Hello", text="Hello", campaign_key="test")
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        queue = Queue.filled(context, 20)
        queue.now = NOON - 60
        holder = queue.holder()
        messages = holder.claim(8)
        holder.intend(messages[:6])
        holder.tell(*(holder.report(message, ReportKind.ACCEPTED) for message in messages[:4]))
        context.queue.execute("UPDATE campaigns SET content = :content", content=json.dumps(content.to_json()))
        context.queue.execute(
            "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at) "
            "VALUES (1, 'email', 'user19@example.com', 'asked', 'person', 0)"
        )
        before = rows(context)
        ran = dry_run(context, read_campaign_file(path, ENVIRONMENT))
        assert rows(context) == before
    assert ran.summary.status is CampaignStatus.COMPLETED
    assert {state: count for state, count in ran.summary.counts.items() if count} == {"sent": 19, "skipped": 1}


def deferring_once() -> Callable[[Account, Letter], Outcome]:
    seen: set[str] = set()

    def answer(account: Account, letter: Letter) -> Outcome:
        if letter.recipient not in seen:
            seen.add(letter.recipient)
            return Deferred(reply="451 4.7.1 later")
        return Accepted(reply="250 2.0.0 ok")

    return answer


def test_deferred_messages_are_tried_again_at_their_moment(sqlite_url: str, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, contacts=10, accounts=logins(2525, 1), max_attempts=3, retry_delay_seconds=3600)
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        ran = dry_run(context, read_campaign_file(path, ENVIRONMENT), script=deferring_once())
    assert ran.summary.counts["sent"] == 10
    assert [one.status for one in ran.timeline] == [CampaignStatus.RUNNING, CampaignStatus.COMPLETED]
    assert NOON + 3600 < ran.timeline[-1].at < NOON + 3601 + 360


def test_broken_account_ends_it_as_it_ends_sending(sqlite_url: str, tmp_path: Path) -> None:
    trouble = AccountTrouble(kind=TroubleKind.BROKEN, reason="535 5.7.8 no")

    def refuse(account: Account, letter: Letter) -> Outcome:
        return Returned(reply=trouble.reason, trouble=trouble)

    path = write_campaign(tmp_path, contacts=3, accounts=logins(2525, 1))
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context:
        ran = dry_run(context, read_campaign_file(path, ENVIRONMENT), script=refuse)
    assert ran.summary.status is CampaignStatus.PAUSED_HEALTH
    assert [account.state for account in ran.summary.accounts] == [AccountState.BROKEN]


def test_file_for_a_worker_is_tried_here_and_its_worker_must_be_there(database_url: str, tmp_path: Path) -> None:
    path = write_campaign(tmp_path, contacts=5, accounts=logins(2525, 1), worker="away")
    with opened(database_url, tmp_path, Hands(NOON)) as context:
        file = read_campaign_file(path, ENVIRONMENT)
        with pytest.raises(InputError, match="there is no worker away"):
            dry_run(context, file)
        workers.add(context, name="away", url="https://worker.example.com", guarded=False)
        ran = dry_run(context, file)
    assert (ran.summary.status, ran.summary.counts["sent"]) == (CampaignStatus.COMPLETED, 5)


RULES = [
    {"stage": "rcpt", "recipient": "user3@*", "first": 1, "reply": "451 4.7.1 later"},
    {"stage": "dot", "delay_seconds": 0.05, "reply": "250 2.0.0 ok"},
]


@pytest.mark.parametrize("fields", [{}, {"rate_per_minute": 400}], ids=["accounts' pace", "campaign's pace"])
def test_it_takes_as_long_as_the_real_thing(sqlite_url: str, tmp_path: Path, fields: dict[str, object]) -> None:
    def answer(account: Account, letter: Letter) -> Outcome:
        return first(account, letter) if letter.recipient.startswith("user3@") else Accepted(reply="250 2.0.0 ok")

    first = deferring_once()

    async def send() -> float:
        server = SmtpSandbox(port=port, behaviours=parse_behaviours({"rules": RULES}))
        await server.start()
        summary = await send_to_the_end(context, path)
        await server.stop()
        assert summary.counts["sent"] == 12
        return summary.elapsed_seconds

    port = free_port()
    accounts = logins(port, 2, rate_per_minute=240)
    more: dict[str, Any] = {"max_attempts": 3, "retry_delay_seconds": 2, **fields}
    path = write_campaign(tmp_path, contacts=12, accounts=accounts, **more)
    with opened(sqlite_url, tmp_path) as context:
        ran = dry_run(context, read_campaign_file(path, ENVIRONMENT), seconds_per_message=0.05, script=answer)
        real = asyncio.run(send())
    # The real one starts, connects and looks every half second for what is due again: half a second more, or a whole one
    # on a busy machine.
    assert ran.summary.elapsed_seconds == pytest.approx(real, abs=1.5)


@pytest.mark.parametrize("phase", ["launching", "sending"])
def test_full_disk_ends_it_with_an_error(
    phase: str, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_campaign(tmp_path, contacts=3_000, accounts=logins(2525, 1, rate_per_minute=60))
    connections: list[Any] = []
    prepare = scratch._forgo_what_others_need

    def remembered(connection: Any, record: Any) -> None:
        prepare(connection, record)
        connections.append(connection)

    def fill_the_disk(*_: object) -> None:
        (pages,) = connections[-1].execute("PRAGMA page_count").fetchone()
        connections[-1].execute(f"PRAGMA max_page_count = {pages + 1}")

    def add(launch: FileLaunch, *given: Any) -> bool:
        fill_the_disk()
        return original(launch, *given)

    original = FileLaunch._add
    monkeypatch.setattr(scratch, "_forgo_what_others_need", remembered)
    if phase == "launching":
        monkeypatch.setattr(FileLaunch, "_add", add)
    with opened(sqlite_url, tmp_path, Hands(NOON)) as context, pytest.raises(StoreUnavailable, match="disk is full"):
        dry_run(context, read_campaign_file(path, ENVIRONMENT), on_progress=fill_the_disk)
