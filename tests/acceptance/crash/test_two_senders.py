"""Two senders start the same campaign at the same moment, on an empty database, with the same accounts."""

from __future__ import annotations

from pathlib import Path

from acceptance.crash.arena import open_arena
from acceptance.crash.rules import violations


def test_two_senders_share_a_campaign_and_its_accounts(tmp_path: Path, bare_database_url: str) -> None:
    with open_arena(tmp_path, bare_database_url, messages=300) as arena:
        senders = [arena.start() for _ in range(2)]
        assert [sender.end() for sender in senders] == [0, 0]
        end = arena.ended()
    assert violations(end) == []
    assert end.sample.uncertain == 0


def test_one_of_two_senders_is_killed_and_the_other_finishes(tmp_path: Path, database_url: str) -> None:
    with open_arena(tmp_path, database_url, messages=300) as arena:
        other = arena.start(step="a part is queued", call=3)
        assert other.wait_until_caught()
        other.wake()
        assert arena.kill_at("after the reply", 10) or arena.ended().status == "completed"
        assert other.end() == 0
        end = arena.ended()
    assert violations(end) == []
