"""SIGTERM, pause and stop: what is open is finished, nothing is left uncertain or held, and nothing more is sent."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from acceptance.crash.arena import KEY, Arena, open_arena
from acceptance.crash.rules import violations
from paceline.bootstrap import open_context
from paceline.operations.campaigns import campaigns
from paceline.settings import read_settings
from paceline.store.database import sql


def _held(arena: Arena) -> int:
    """Accounts and messages in the hands of a sender, and senders that have not signed off."""
    with arena.database.read() as connection:
        return int(
            connection.execute(
                sql(
                    "SELECT (SELECT COUNT(*) FROM accounts WHERE sender_id IS NOT NULL OR open_intents <> 0) "
                    "+ (SELECT COUNT(*) FROM messages WHERE state IN (1, 2)) "
                    "+ (SELECT COUNT(*) FROM senders WHERE ended_at IS NULL)"
                )
            ).scalar_one()
        )


def test_sigterm_leaves_nothing_uncertain_and_the_next_run_completes(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=150, accounts=2) as arena:
        for step in ("a part is queued", "after the dot", "after the intent", "mid-body", "claimed"):
            sender = arena.start(step=step, call=3)
            assert sender.wait_until_caught()
            sender.signal(signal.SIGTERM)
            sender.wake()
            assert sender.end() == 3
            sample = arena.sample()
            assert sample is not None
            assert sample.counted == sample.found
            assert sample.uncertain == sample.found["sending"] == 0
            assert _held(arena) == 0
        assert arena.start().end() == 0
        assert violations(arena.ended()) == []


def test_paceline_send_ends_with_3_on_sigterm_and_goes_on_later(tmp_path: Path, sqlite_url: str) -> None:
    with open_arena(tmp_path, sqlite_url, messages=40, accounts=2, rate_per_minute=300) as arena:
        command = [sys.executable, "-m", "paceline.cli.main", "send", str(arena.file), "--json"]
        with subprocess.Popen(command, env=arena.environment(), stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "queued" in line:
                    break
            process.send_signal(signal.SIGTERM)
            process.communicate()
            assert process.returncode == 3
        assert _held(arena) == 0
        assert arena.copies_so_far() < 40
        assert subprocess.run(command, env=arena.environment(), check=False).returncode == 0
        assert violations(arena.ended()) == []


def test_after_a_pause_only_what_was_in_flight_arrives(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=100, accounts=2, parts=1) as arena:
        sender = arena.start(step="intent committed", call=10)
        assert sender.wait_until_caught()
        context = open_context(read_settings(arena.environment()))
        campaigns.pause(context, KEY)
        before, in_flight = arena.copies_so_far(), arena.open_connections()
        sender.wake()
        assert sender.end() == 3
        assert before <= arena.copies_so_far() <= before + in_flight
        assert _held(arena) == 0
        campaigns.resume(context, KEY)
        context.close()
        assert arena.start().end() == 0
        assert violations(arena.ended()) == []


def test_after_a_stop_the_rest_is_cancelled_and_never_arrives(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=100, accounts=2, parts=1) as arena:
        sender = arena.start(step="intent committed", call=10)
        assert sender.wait_until_caught()
        context = open_context(read_settings(arena.environment()))
        campaigns.stop(context, KEY)
        before, in_flight = arena.copies_so_far(), arena.open_connections()
        sender.wake()
        assert sender.end() == 3
        assert before <= arena.copies_so_far() <= before + in_flight
        assert _held(arena) == 0
        context.close()
        assert arena.start().end() == 3
        end = arena.ended()
    assert end.status == "stopped"
    found = end.sample.found
    assert end.sample.counted == found
    assert found["queued"] == found["deferred"] == found["sending"] == found["uncertain"] == 0
    assert found["cancelled"] > 0
    cancelled = {message.address for message in end.messages if message.state == "cancelled"}
    assert not cancelled & set(end.copies)
