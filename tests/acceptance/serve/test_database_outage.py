"""PostgreSQL is stopped for a while under a server that sends and answers: fast 503s, then everything goes on by itself."""

from __future__ import annotations

import os
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from acceptance.crash.arena import open_arena
from acceptance.crash.rules import violations
from acceptance.serve.campaigns import held, queue_campaign, until_completed, until_sent
from paceline.bootstrap import open_context
from paceline.settings import read_settings
from surroundings.postgres import own_postgres
from surroundings.server import Server
from surroundings.serving import running, url_of, wait_until

IS_FULL = os.environ.get("PACELINE_CRASH_CAMPAIGN") == "full"
OUTAGE_SECONDS = 60 if IS_FULL else 8
LONGEST_SECONDS = 5.0
AT_ONCE_SECONDS = 1.0


@dataclass
class Asking:
    """A client that reads and writes without a pause, and what became of it."""

    client: httpx.Client
    answers: list[tuple[float, int, float]] = field(default_factory=list)
    """(when, status, seconds)"""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            started = time.monotonic()
            if number % 3:
                answer = self.client.get("/api/v1/suppressions")
            else:
                address = f"asked{number}-{id(self)}@example.com"
                answer = self.client.post("/api/v1/suppressions", json={"addresses": [address], "reason": "asked"})
            assert answer.status_code != 503 or int(answer.headers["retry-after"]) >= 1
            self.answers.append((started, answer.status_code, time.monotonic() - started))
            self.stop.wait(0.1)


@pytest.mark.timeout(300)
def test_requests_fail_fast_and_sending_goes_on(tmp_path: Path) -> None:
    with (
        own_postgres() as database,
        open_arena(tmp_path, database.url(database.create()), messages=250, rate_per_minute=360) as arena,
    ):
        queue_campaign(arena)
        words = ("serve", "--port", "0", "--senders", "2")
        with running(*words, environment=arena.environment()) as server:
            url = url_of(server)
            with closing(open_context(read_settings(arena.environment()))) as context:
                askers = [Asking(Server(url=url, context=context).with_key()) for _ in range(4)]
            threads = [threading.Thread(target=asker.run) for asker in askers]
            for thread in threads:
                thread.start()
            until_sent(arena, 30)
            database.stop()
            gone_at = time.monotonic()
            time.sleep(OUTAGE_SECONDS)  # the fault's own length
            assert set(server.children()) == {"api", "background", "sender-1", "sender-2"}
            back_at = time.monotonic()
            database.start()
            arena.database.reconnect()  # the test's own connections were cut as well
            wait_until(lambda: all(asker.answers[-1][1] in (200, 201) for asker in askers), within=30)
            recovered_at = time.monotonic()
            until_completed(arena)
            for asker, thread in zip(askers, threads, strict=True):
                asker.stop.set()
                thread.join()
                asker.client.close()
            assert server.end() == 0
        assert held(arena) == 0
        assert violations(arena.ended()) == []
    answers = [answer for asker in askers for answer in asker.answers]
    assert {status for _, status, _ in answers} == {200, 201, 503}
    assert max(seconds for _, _, seconds in answers) < LONGEST_SECONDS
    meanwhile = [(status, seconds) for at, status, seconds in answers if gone_at + 2 < at < back_at - 1]
    assert {status for status, _ in meanwhile} == {503}
    assert sorted(seconds for _, seconds in meanwhile)[len(meanwhile) // 2] < AT_ONCE_SECONDS
    print(
        f"{len(answers)} requests, slowest {max(seconds for _, _, seconds in answers):.2f} s, "
        f"answers again {recovered_at - back_at:.1f} s after the database was started"
    )
