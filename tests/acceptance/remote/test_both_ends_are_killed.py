"""Controller and worker are killed at random while the worker sends: nobody gets two copies, nothing is lost, both ledgers
end equal by themselves, and the worker never asks oftener than it may, restarts included.
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

from acceptance.judge import Judge, copies, running_judge
from paceline.bootstrap import open_context
from paceline.operations.campaigns import campaign_drafts, campaign_starting
from paceline.operations.context import Context
from paceline.operations.workers import workers
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, messages, workers as stored_workers
from surroundings.serving import Running, wait_until
from surroundings.subscribers import add_list, add_subscribers
from surroundings.working import add_account

KILLS = int(os.environ.get("PACELINE_TEST_KILLS", "4"))
MESSAGES = 40 * max(KILLS, 4)
ACCOUNTS = 3
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


def _prepare(arena: Field, port: int, **fields: Any) -> int:
    """A started campaign for the worker; its number."""
    with arena.opened("home") as context:
        added = workers.add(context, name="away", url=f"http://127.0.0.1:{arena.ports[1]}", guarded=False)
        arena.keys = (added.key, added.signing_key)
        group = add_list(context.catalogue, "news")
        add_subscribers(context.catalogue, group, MESSAGES)
        draft = campaign_drafts.create(
            context,
            name="Away",
            key="away",
            content=_CONTENT,
            audience={"lists": [context.ids.encode(IdKind.LIST, group)]},
            accounts=[add_account(context, port, f"relay-{number}") for number in range(ACCOUNTS)],
            worker="away",
            **fields,
        )
        campaign_starting.start(context, draft.id)
        number = context.ids.decode(IdKind.CAMPAIGN, draft.id)
    assert number is not None
    return number


@pytest.mark.timeout(120 + 30 * KILLS)
def test_nothing_is_sent_twice_and_both_ledgers_end_equal(field_of_kills: tuple[Field, Judge]) -> None:
    arena, judge = field_of_kills
    campaign = _prepare(arena, judge.port, worker_fallback=False)
    chance = random.Random(int(os.environ.get("PACELINE_TEST_SEED", "11")))
    arena.start("home")
    arena.start("worker")
    killed = 0
    with arena.opened("home") as context:

        def status() -> str:
            with context.queue.read() as connection:
                return str(campaigns.get(connection, campaign).status)

        def has_gone_on(goal: int) -> bool:
            return sum(copies(judge.record).values()) >= goal or status() == "completed"

        for number in range(KILLS):
            goal = MESSAGES * number // (KILLS + 1)
            # A supervisor starts what ends again and again ever more slowly, up to half a minute.
            wait_until(partial(has_gone_on, goal), within=150)
            end = chance.choice(["home", "worker"])
            parts = {"home": ["all", "all", "api", "background"], "worker": ["all", "all", "worker", "sender-1"]}[end]
            part = chance.choice(parts)
            killed += end == "worker"
            arena.kill(end, part)
        wait_until(lambda: status() == "completed", within=120)
        _judge(arena, context, campaign, judge.record, killed)


def _judge(arena: Field, context: Context, campaign: int, record: Path, killed: int) -> None:
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, campaign)
        found = campaigns.count_anew(connection, campaign)
        used = connection.execute(sql("SELECT COALESCE(SUM(count), 0) FROM usage")).scalar_one()
        asked = stored_workers.requests_of(connection, 1, now=context.clock.now())
    taken = copies(record)
    assert progress.counts == found
    assert progress.total == MESSAGES
    assert max(taken.values()) == 1, "somebody got two copies"
    for row in messages.listing(context.queue, campaign):
        allowed = {"sent": {1}, "uncertain": {0, 1}}[row.state]
        assert taken.get(row.address, 0) in allowed, row
    assert found["uncertain"] <= killed * ACCOUNTS
    assert used == found["sent"] + found["uncertain"]
    assert asked.shortest_gap_seconds is not None
    assert asked.shortest_gap_seconds >= SPACING_SECONDS * 0.99
    with arena.opened("worker") as away, away.queue.read() as connection:
        (there,) = connection.execute(sql("SELECT campaign_id FROM home_campaigns")).scalars()
        assert campaigns.count_anew(connection, there) == found

    def accounts_are_back() -> bool:
        with context.queue.read() as connection:
            return not connection.execute(sql("SELECT COUNT(*) FROM accounts WHERE lent_to IS NOT NULL")).scalar_one()

    wait_until(accounts_are_back)
