"""A sender that is stopped past its lease (SIGSTOP, a suspended host) wakes up when others have taken over.

It is stopped between two transactions: on SQLite whoever is stopped within one holds up every other writer.
"""

from __future__ import annotations

from pathlib import Path

from acceptance.crash.arena import SHORT_LEASE, open_arena
from acceptance.crash.rules import Kill, violations


def test_sender_that_wakes_when_all_is_done_writes_no_dot(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=60, accounts=2, parts=1, settings=SHORT_LEASE) as arena:
        sleeper = arena.start(step="intent committed", call=6)
        assert sleeper.wait_until_caught()
        held = arena.sample()
        arena.kills.append(Kill(step="stopped", open_connections=arena.open_connections(), sample=held))
        assert arena.start().end() == 0
        before, copies_before = arena.ended(), arena.copies_so_far()
        sleeper.wake()
        assert sleeper.end() == 0
        after = arena.ended()
        assert arena.copies_so_far() == copies_before
    assert held is not None
    assert held.found["sending"] > 0
    assert before.uncertain
    assert violations(before) == []
    assert violations(after) == []
    assert len(after.uncertain) < len(before.uncertain)


def test_two_senders_that_take_over_from_each_other_send_everything_once(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=60, accounts=2, parts=1, settings=SHORT_LEASE) as arena:
        first = arena.start(step="intent committed", call=6)
        assert first.wait_until_caught()
        second = arena.start(step="intent committed", call=6)
        assert second.wait_until_caught()
        first.wake()
        assert first.end() == 0
        second.wake()
        assert second.end() == 0
        end = arena.ended()
    states = {message.state for message in end.messages if not end.copies[message.address]}
    assert states <= {"failed", "skipped"}  # skipped: the same address was found not to exist by the other sender
    assert violations(end) == []
