"""``paceline send --senders``: several processes share the accounts of one campaign, and each may be killed."""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager
from pathlib import Path

from acceptance.crash.arena import Arena, open_arena
from acceptance.crash.rules import violations
from acceptance.serve.campaigns import QUICK, held, note_kill, status_of, until_sent
from surroundings.serving import Running, is_there, kill_frozen, running, wait_until


def test_killed_helper_comes_back_and_everybody_gets_one_copy(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=240, accounts=4, rate_per_minute=600, settings=QUICK) as arena:
        with _sending(arena, senders=3) as process:
            helper = _helpers(process, 2)["sender-2"]
            until_sent(arena, 20)
            kill_frozen(helper, lambda: note_kill(arena, "helper"))
            wait_until(lambda: process.children().get("sender-2", helper) != helper or status_of(arena) == "completed")
            assert process.wait() == 0
        assert held(arena) == 0
        assert violations(arena.ended()) == []


def test_sigterm_ends_all_of_them_with_nothing_uncertain(tmp_path: Path, sqlite_url: str) -> None:
    with open_arena(tmp_path, sqlite_url, messages=200, accounts=4, rate_per_minute=300, settings=QUICK) as arena:
        with _sending(arena, senders=2) as process:
            helpers = _helpers(process, 1)
            until_sent(arena, 20)
            assert process.end(signal.SIGTERM) == 3
            assert not any(is_there(pid) for pid in helpers.values())
        assert held(arena) == 0
        with _sending(arena, senders=1) as process:
            assert process.wait() == 0
        end = arena.ended()
        assert violations(end) == []
        assert end.uncertain == []


def test_helpers_of_a_killed_command_end_by_themselves(tmp_path: Path, sqlite_url: str) -> None:
    with open_arena(tmp_path, sqlite_url, messages=200, accounts=4, rate_per_minute=300, settings=QUICK) as arena:
        with _sending(arena, senders=2) as process:
            helpers = _helpers(process, 1)
            until_sent(arena, 20)
            kill_frozen(process.pid, lambda: note_kill(arena, "command"))
            process.wait()
            wait_until(lambda: not any(is_there(pid) for pid in helpers.values()))
        with _sending(arena, senders=2) as process:
            assert process.wait() == 0
        assert violations(arena.ended()) == []


def _sending(arena: Arena, *, senders: int) -> AbstractContextManager[Running]:
    return running("send", str(arena.file), "--senders", str(senders), environment=arena.environment())


def _helpers(process: Running, count: int) -> dict[str, int]:
    """Name -> pid of the helpers, as soon as so many are there."""
    wait_until(lambda: len(process.children()) == count)
    return process.children()
