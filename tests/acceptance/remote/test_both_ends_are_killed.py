"""Controller and worker are killed at random while the worker sends: nobody gets two copies, nothing is lost, no account sends
more than its limit, nothing leaves after a stop, both ledgers end equal by themselves, and the worker never asks oftener than it
may, restarts included. So it is with campaigns that the controller sends itself when the worker is away at their start, or is
killed while it is being given them.
"""

from __future__ import annotations

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from acceptance.judge import Judge, copies, most_in_any_window, running_judge
from paceline.bootstrap import open_context
from paceline.domain.account import Window
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns import campaign_drafts, campaign_starting, campaigns as operations
from paceline.operations.context import Context
from paceline.operations.workers import workers
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, home, messages, remote_campaigns, workers as stored_workers
from surroundings.serving import Running, wait_until
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import add_account

KILLS = int(os.environ.get("PACELINE_TEST_KILLS", "4"))
MESSAGES = 40 * max(KILLS, 4)
LIMITS = (MESSAGES // 8, MESSAGES // 4, 0)
"""Of the accounts of the greatest campaign in any hour; the last one sends what the others may not."""
FALLING = 20
"""Messages of each campaign that the controller may send itself."""
SCALE = 0.01
SPACING_SECONDS = 15.0 * SCALE

_BEHAVIOUR = """
[[rules]]
stage = "dot"
delay_seconds = 0.05
"""
_QUICK = {
    "PACELINE_LEASE_SECONDS": "1.5",
    "PACELINE_LEASE_MARGIN_SECONDS": "0.3",
    "PACELINE_HEARTBEAT_SECONDS": "0.3",
    "PACELINE_LEADERSHIP_SECONDS": "1.5",
    "PACELINE_BACKOFF_LONGEST": "0.5",
    "PACELINE_WORKER_TIME_SCALE": str(SCALE),
    "PACELINE_WORKER_TIMEOUT": "5",
    "MAX_RETRIES": "1",
    "RETRY_DELAY": "0.1",
}
_CONTENT = {
    "from": "Ann <news@example.com>",
    "subject": "Hello {{ contact.first_name }}",
    "text": "Hello\n",
    "unsubscribe_url": "https://example.com/leave",
}


@dataclass
class Field:
    """Both ends as processes on one machine, each with its own database."""

    folder: Path
    ports: tuple[int, int]
    keys: tuple[str, str] = ("", "")
    ends: dict[str, Running] = field(default_factory=dict)
    started: list[Started] = field(default_factory=list)

    def environment(self, end: str) -> dict[str, str]:
        """The environment of one end."""
        data = self.folder / end
        data.mkdir(exist_ok=True)
        own = {"WORKER_API_KEY": self.keys[0], "WORKER_SIGNING_KEY": self.keys[1]} if end == "worker" else {}
        database = f"sqlite:///{data / 'paceline.db'}"
        return {**os.environ, **_QUICK, **own, "PACELINE_DATABASE": database, "PACELINE_DATA_DIR": str(data)}

    @contextmanager
    def opened(self, end: str) -> Iterator[Context]:
        """A look into the database of one end."""
        with closing(open_context(read_settings(self.environment(end)))) as context:
            yield context

    def start(self, end: str) -> None:
        """Start one end, or start it again."""
        home, away = self.ports
        words = {
            "home": ["serve", "--port", str(home)],
            "worker": ["worker", "--listen", f"127.0.0.1:{away}", "--controller", f"http://127.0.0.1:{home}"],
        }[end]
        self.ends[end] = Running(*words, environment=self.environment(end))

    def kill(self, end: str, part: str) -> None:
        """Kill a process of one end; the whole end is started again, a part is by its supervisor."""
        running = self.ends[end]
        children = running.children()
        if part == "all":
            running.close()
            self.start(end)
        elif part in children:
            try:
                os.kill(children[part], signal.SIGKILL)
            except ProcessLookupError:
                return

    def close(self) -> None:
        """Leave nothing behind."""
        for running in self.ends.values():
            running.close()


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def field_of_kills(tmp_path: Path) -> Iterator[tuple[Field, Judge]]:
    behaviour = tmp_path / "behaviour.toml"
    behaviour.write_text(_BEHAVIOUR)
    with ExitStack() as stack:
        judge = stack.enter_context(running_judge(tmp_path / "record.jsonl", behaviour=str(behaviour)))
        arena = Field(tmp_path, _free_ports())
        stack.callback(arena.close)
        yield arena, judge


def _register(arena: Field) -> None:
    with arena.opened("home") as context:
        added = workers.add(context, name="away", url=f"http://127.0.0.1:{arena.ports[1]}", guarded=False)
        arena.keys = (added.key, added.signing_key)


@dataclass(frozen=True)
class Started:
    """A campaign under way."""

    number: int
    people: int
    accounts: list[str]
    group: int
    is_stopped: bool = False


def _start(
    arena: Field,
    context: Context,
    port: int,
    key: str,
    people: int,
    *,
    limits: tuple[int, ...] = (0,),
    is_stopped: bool = False,
    **fields: Any,
) -> Started:
    """A started campaign for the worker, to people of its own, with an account for each hourly limit."""
    names = [f"{key}-{number}" for number in range(len(limits))]
    before = [one.group for one in arena.started]
    group = add_list(context.catalogue, key)
    add_subscribers(context.catalogue, group, people, first=sum(one.people for one in arena.started))
    lists = [context.ids.encode(IdKind.LIST, number) for number in (group, *before)]
    draft = campaign_drafts.create(
        context,
        name=key,
        key=key,
        content=_CONTENT,
        audience={"lists": lists[:1], "exclude_lists": lists[1:]},
        accounts=[
            add_account(context, port, name, hourly_limit=limit, window=Window.ROLLING)
            for name, limit in zip(names, limits, strict=True)
        ],
        worker="away",
        **fields,
    )
    campaign_starting.start(context, draft.id)
    number = context.ids.decode(IdKind.CAMPAIGN, draft.id)
    assert number is not None
    arena.started.append(Started(number, people, names, group, is_stopped))
    return arena.started[-1]


@pytest.mark.timeout(180 + 30 * KILLS)
def test_nothing_is_sent_twice_and_both_ledgers_end_equal(field_of_kills: tuple[Field, Judge]) -> None:
    arena, judge = field_of_kills
    _register(arena)
    chance = random.Random(int(os.environ.get("PACELINE_TEST_SEED", "11")))
    with arena.opened("home") as context:
        absent = _start(arena, context, judge.port, "absent", FALLING)
        arena.start("home")

        def is_here(campaign: Started) -> bool:
            with context.queue.read() as connection:
                known = remote_campaigns.get(connection, campaign.number)
            return known is not None and known.closed_at is not None

        wait_until(lambda: is_here(absent))  # nobody was there to send it
        _start(arena, context, judge.port, "away", MESSAGES, limits=LIMITS, worker_fallback=False)
        ended = _start(arena, context, judge.port, "ended", MESSAGES, worker_fallback=False, is_stopped=True)
        stop_at = chance.randrange(2, max(KILLS // 2, 3))
        unsent: set[str] = set()
        arena.start("worker")

        def are_done() -> bool:
            with context.queue.read() as connection:
                return all(_is_over(connection, one) for one in arena.started)

        def has_gone_on(goal: int) -> bool:
            return sum(copies(judge.record).values()) >= goal or are_done()

        killed = 0
        for number in range(KILLS):
            goal = FALLING + MESSAGES * number // (KILLS + 1)
            # A supervisor starts what ends again and again ever more slowly, up to half a minute.
            wait_until(partial(has_gone_on, goal), within=300)
            end = chance.choice(["home", "worker"])
            parts = {"home": ["all", "all", "api", "background"], "worker": ["all", "all", "worker", "sender-1"]}[end]
            part = chance.choice(parts)
            if number == 1:  # in the middle of being given one that may be sent from here
                end, part = "worker", "all"
                _start(arena, context, judge.port, "caught", FALLING)
            if number == stop_at:
                operations.stop(context, "ended")
            killed += 1
            arena.kill(end, part)
            if number == stop_at:
                unsent = _unsent_when_stopped(arena, context, ended)
        wait_until(are_done, within=300)
        _judge(arena, context, judge.record, killed)
        assert unsent
        assert not unsent & copies(judge.record).keys(), "something has left after the stop"


def _is_over(connection: Connection, one: Started) -> bool:
    if one.is_stopped:
        known = remote_campaigns.get(connection, one.number)
        return known is not None and known.closed_at is not None
    return campaigns.get(connection, one.number).status is CampaignStatus.COMPLETED


def _unsent_when_stopped(arena: Field, context: Context, ended: Started) -> set[str]:
    """To whom nothing was under way when the worker had taken the stop."""
    remote_id = context.ids.encode(IdKind.CAMPAIGN, ended.number)
    unsent: set[str] = set()
    with arena.opened("worker") as there:

        def has_stopped() -> bool:
            with there.queue.read() as connection:
                found = home.find(connection, remote_id)
                if found is None or campaigns.get(connection, found.campaign_id).status is not CampaignStatus.STOPPED:
                    return False
                waiting = connection.execute(
                    sql("SELECT address FROM messages WHERE campaign_id = :id AND state IN (0, 1, 3, 8)"),
                    {"id": found.campaign_id},
                )
                unsent.update(waiting.scalars())
                return True

        wait_until(has_stopped, within=300)
    return unsent


def _judge(arena: Field, context: Context, record: Path, killed: int) -> None:
    taken = copies(record)
    assert max(taken.values()) == 1, "somebody got two copies"
    ended: dict[int, dict[str, int]] = {}
    for one in arena.started:
        with context.queue.read() as connection:
            progress = campaigns.progress(connection, one.number)
            ended[one.number] = campaigns.count_anew(connection, one.number)
        assert progress.counts == ended[one.number]
        assert progress.total == one.people
        for row in messages.listing(context.queue, one.number):
            allowed = {"sent": {1}, "uncertain": {0, 1}, "cancelled": {0} if one.is_stopped else set()}[row.state]
            assert taken.get(row.address, 0) in allowed, row
        assert ended[one.number]["uncertain"] <= killed * len(one.accounts)
    _judge_limits(arena, context, record)
    with context.queue.read() as connection:
        used = connection.execute(sql("SELECT COALESCE(SUM(count), 0) FROM usage")).scalar_one()
        asked = stored_workers.requests_of(connection, 1, now=context.clock.now())
    assert used == sum(found["sent"] + found["uncertain"] for found in ended.values())
    assert asked.shortest_gap_seconds is not None
    assert asked.shortest_gap_seconds >= SPACING_SECONDS * 0.99
    _judge_the_other_end(arena, context, ended)

    def accounts_are_back() -> bool:
        with context.queue.read() as connection:
            return not connection.execute(sql("SELECT COUNT(*) FROM accounts WHERE lent_to IS NOT NULL")).scalar_one()

    wait_until(accounts_are_back)


def _judge_limits(arena: Field, context: Context, record: Path) -> None:
    """No account has sent more than its limit, by what the receiver took; and it was the limit that held it back."""
    taken = most_in_any_window(record, 3600.0)
    for name, limit in zip(arena.started[1].accounts, LIMITS, strict=True):
        if limit:
            with context.queue.read() as connection:
                used = connection.execute(
                    sql("SELECT SUM(u.count) FROM usage u JOIN accounts a ON a.id = u.account_id WHERE a.name = :name"),
                    {"name": name},
                ).scalar_one()
            assert taken[name] <= limit
            assert used >= limit


def _judge_the_other_end(arena: Field, context: Context, ended: dict[int, dict[str, int]]) -> None:
    """What the worker has sent is the same there; of what was sent from here it has sent nothing."""
    with arena.opened("worker") as there, there.queue.read() as connection:
        known = {one.remote_id: one.campaign_id for one in home.every(connection)}
        counts = {name: campaigns.count_anew(connection, number) for name, number in known.items()}
    at_the_worker = []
    for one in arena.started:
        with context.queue.read() as connection:
            remote = remote_campaigns.get(connection, one.number)
        assert remote is not None
        found = counts.get(context.ids.encode(IdKind.CAMPAIGN, one.number))
        at_the_worker.append(remote.start_written_at is not None)
        if remote.start_written_at is not None:
            assert found == ended[one.number]
        elif found is not None:  # it is to be forgotten there
            assert not found["sent"]
            assert not found["uncertain"]
    assert at_the_worker[:3] == [False, True, True]
