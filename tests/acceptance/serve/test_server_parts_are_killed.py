"""API, background, senders and the supervisor are killed at random while a campaign is sent; each comes back."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx
import pytest

from acceptance.crash.arena import open_arena
from acceptance.crash.rules import violations
from acceptance.serve.campaigns import QUICK, held, note_kill, queue_campaign, until_completed, until_sent
from surroundings.serving import Running, is_there, kill_frozen, url_of, wait_until

MESSAGES = 400
VICTIMS = (
    "sender-1",
    "api",
    "background",
    "sender-2",
    "supervisor",
    "sender-1",
    "supervisor",
    "background",
    "sender-2",
)


@pytest.mark.timeout(400)
def test_nothing_is_lost_or_doubled_and_everything_resumes(tmp_path: Path, database_url: str) -> None:
    chance = random.Random()
    with open_arena(tmp_path, database_url, messages=MESSAGES, rate_per_minute=480, settings=QUICK) as arena:
        queue_campaign(arena)
        servers = [Running("serve", "--port", "0", "--senders", "2", environment=arena.environment())]
        try:
            url_of(servers[-1])
            for place, victim in enumerate(VICTIMS):
                until_sent(arena, (place + 1) * 30)
                time.sleep(chance.uniform(0, 0.2))  # any moment
                server = servers[-1]
                if victim == "supervisor":
                    note_kill(arena, victim)
                    children = server.children()
                    server.kill()
                    servers.append(Running("serve", "--port", "0", "--senders", "2", environment=arena.environment()))
                    for pid in children.values():
                        wait_until(lambda pid=pid: not is_there(pid))  # type: ignore[misc]  # bound now
                else:
                    wait_until(lambda: victim in servers[-1].children())  # noqa: B023  # called at once
                    kill_frozen(server.children()[victim], lambda: note_kill(arena, victim))  # noqa: B023  # called at once
            until_completed(arena)
            url = url_of(servers[-1])
            wait_until(lambda: "api" in servers[-1].children())
            assert httpx.get(f"{url}/api/openapi.json", timeout=60, trust_env=False).status_code == 200
            assert servers[-1].end() == 0
        finally:
            for server in servers:
                server.close()
        assert held(arena) == 0
        end = arena.ended()
    assert violations(end) == []
    assert len(end.kills) >= len(VICTIMS) - 2


@pytest.mark.timeout(200)
def test_sigterm_leaves_nothing_uncertain_and_the_next_start_completes(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=120, rate_per_minute=480, settings=QUICK) as arena:
        queue_campaign(arena)
        for sent in (20, 50):
            server = Running("serve", "--port", "0", "--senders", "2", environment=arena.environment())
            try:
                until_sent(arena, sent)
                assert server.end() == 0
                assert server.children() == {}
            finally:
                server.close()
            sample = arena.sample()
            assert sample is not None
            assert sample.counted == sample.found
            assert sample.uncertain == sample.found["sending"] == 0
            assert held(arena) == 0
        server = Running("serve", "--port", "0", environment=arena.environment())
        try:
            until_completed(arena)
            assert server.end() == 0
        finally:
            server.close()
        assert violations(arena.ended()) == []
