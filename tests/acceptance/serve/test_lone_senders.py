"""``paceline sender`` without any server: alone, two of them as on two machines, and one that is killed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from acceptance.crash.arena import Arena, open_arena
from acceptance.crash.rules import violations
from acceptance.serve.campaigns import QUICK, held, note_kill, queue_campaign, status_of, until_completed, until_sent
from paceline.store.database import sql
from surroundings.serving import kill_frozen, running, wait_until


@pytest.mark.timeout(200)
def test_lone_sender_finishes_what_another_one_left(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=120, rate_per_minute=480, settings=QUICK) as arena:
        queue_campaign(arena)
        with running("sender", environment=arena.environment()) as first:
            until_sent(arena, 30)
            kill_frozen(first.pid, lambda: note_kill(arena, "sender"))
        with running("sender", environment=arena.environment()) as second:
            until_completed(arena)
            assert second.end() == 0
        assert held(arena) == 0
        assert violations(arena.ended()) == []


@pytest.mark.timeout(200)
def test_two_senders_share_the_work(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=160, rate_per_minute=480, settings=QUICK) as arena:
        queue_campaign(arena)
        with (
            running("sender", environment=arena.environment()) as first,
            running("sender", environment=arena.environment()) as second,
        ):
            first.wait_for("ready")
            second.wait_for("ready")
            until_sent(arena, 40)
            assert first.end() == 0  # its accounts go to the other one
            until_completed(arena)
            assert second.end() == 0
        assert held(arena) == 0
        with arena.database.read() as connection:
            senders = connection.execute(sql("SELECT COUNT(DISTINCT process) FROM senders")).scalar_one()
        assert senders == 2
        end = arena.ended()
        assert violations(end) == []
        assert end.uncertain == []


def test_second_signal_ends_a_sender_at_once(tmp_path: Path, sqlite_url: str) -> None:
    with open_arena(tmp_path, sqlite_url, messages=20, delay_seconds=60, settings=QUICK) as arena:
        queue_campaign(arena)
        with running("sender", environment=arena.environment()) as sender:
            sender.wait_for("ready")
            _until_handed_over(arena)
            sender.send(signal.SIGTERM)
            sender.wait_for("finishing the open transactions")
            assert sender.end() == 128 + signal.SIGTERM
        assert status_of(arena) == "running"


def _until_handed_over(arena: Arena) -> None:
    def intended() -> bool:
        with arena.database.read() as connection:
            return bool(connection.execute(sql("SELECT COUNT(*) FROM messages WHERE state = 2")).scalar_one())

    wait_until(intended)
