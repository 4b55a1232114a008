"""The rules find out engines that break the promise on purpose: a check that cannot fail would prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from acceptance.crash.arena import SHORT_LEASE, Arena, open_arena
from acceptance.crash.broken_engines import ENGINES
from acceptance.crash.rules import Kill, violations


def _broken_then_killed_after_the_reply(arena: Arena, engine: str) -> None:
    assert arena.kill_at("after the reply", 5, engine=engine)
    assert arena.start().end() == 0


def _broken_all_along(arena: Arena, engine: str) -> None:
    """Among the messages is one that the server refuses after its final dot."""
    assert arena.start(engine=engine).end() == 0


def _killed_after_the_reply_then_broken(arena: Arena, engine: str) -> None:
    assert arena.kill_at("after the reply", 5)
    assert arena.start(engine=engine).end() == 0


def _woken_when_another_has_taken_over(arena: Arena, engine: str) -> None:
    sleeper = arena.start(step="intent committed", call=6, engine=engine)
    assert sleeper.wait_until_caught()
    arena.kills.append(Kill(step="stopped", open_connections=arena.open_connections(), sample=None))
    assert arena.start().end() == 0
    sleeper.wake()
    sleeper.end()


def _two_at_once(arena: Arena, engine: str) -> None:
    senders = [arena.start(step="intent committed", call=10, engine=engine) for _ in range(2)]
    caught = [sender.wait_until_caught() for sender in senders]
    assert caught == [True, True]


_SCENES: dict[str, tuple[Callable[[Arena, str], None], str]] = {
    "no intent": (_broken_then_killed_after_the_reply, "C3 doubled"),
    "outcome before the reply": (_broken_all_along, "C2 lost"),
    "uncertain retried": (_killed_after_the_reply_then_broken, "C3 doubled"),
    "fence ignored": (_woken_when_another_has_taken_over, "C3 doubled"),
    "two holders": (_two_at_once, "C7 above the limit"),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_broken_engine_is_found_out(engine: str, tmp_path: Path, sqlite_url: str) -> None:
    scene, finding = _SCENES[engine]
    with open_arena(
        tmp_path,
        sqlite_url,
        messages=60,
        accounts=2,
        parts=1,
        hourly_limit=6,
        rate_per_minute=600 if engine == "two holders" else 0,
        settings=SHORT_LEASE,
    ) as arena:
        scene(arena, engine)
        found = violations(arena.ended())
    assert any(one.startswith(finding) for one in found), found
