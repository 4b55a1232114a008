"""Opens and clicks in memory: written in groups, recognised, kept while the database is away, and nothing lost at the end."""

from __future__ import annotations

import asyncio

import pytest

from paceline.domain.errors import StoreUnavailable
from paceline.domain.fact import Doer, FactKind
from paceline.domain.tokens import Token
from paceline.operations.context import Context
from paceline.store.queue import facts
from paceline.tracking.automatic import MANY_LINKS_RULE, Request
from paceline.tracking.recorder import GROUP, Recorder, Seen
from surroundings.tracked import Tracked

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}


@pytest.fixture
def tracked(context: Context) -> Tracked:
    """Three messages were sent."""
    return Tracked.campaign(context, sent=3)


def token(tracked: Tracked, place: int = 0, number: int = 0) -> Token:
    ids = {"workspace_id": 1, "campaign_id": tracked.campaign_id, "message_id": tracked.message_ids[place]}
    return Token(**ids, number=number)


def request(kind: FactKind, **more: object) -> Request:
    return Request(**{"kind": kind, "headers": BROWSER, **more})  # type: ignore[arg-type]  # of a test


def recorder(tracked: Tracked) -> Recorder:
    return Recorder(tracked.queue.context.queue, tracked.queue.context.clock.now)


def test_everything_is_written_at_the_end(tracked: Tracked) -> None:
    async def busy() -> None:
        recording = recorder(tracked)
        async with recording.running():
            for n in range(GROUP * 3 + 7):
                recording.saw(token(tracked, n % 3), request(FactKind.OPENED))
        assert recording.waiting == 0

    asyncio.run(busy())
    assert tracked.counts() == {"opened": 3, "opens": GROUP * 3 + 7}


def test_it_is_at_most_half_a_second_behind(tracked: Tracked) -> None:
    async def watch() -> float:
        recording = recorder(tracked)
        async with recording.running():
            loop = asyncio.get_running_loop()
            began = loop.time()
            recording.saw(token(tracked), request(FactKind.OPENED))
            while not await asyncio.to_thread(tracked.counts):
                assert loop.time() - began < 60
                await asyncio.sleep(0.005)
            return loop.time() - began

    assert asyncio.run(watch()) < 5.0  # half a second on a machine that is ten times faster


def test_facts_wait_while_the_database_is_away(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    away = True

    def maybe(*arguments: object) -> object:
        if away:
            raise StoreUnavailable("the database is away")
        return known(*arguments)  # type: ignore[arg-type]  # of a test

    known = facts.sent_messages
    monkeypatch.setattr(facts, "sent_messages", maybe)

    async def outlast() -> None:
        nonlocal away
        recording = recorder(tracked)
        for n in range(9):
            recording.saw(token(tracked, n % 3), request(FactKind.CLICKED))
        await recording.flush()
        assert recording.waiting == 9
        away = False
        await recording.flush()
        assert recording.waiting == 0

    asyncio.run(outlast())
    assert tracked.counts() == {"clicked": 3, "clicks": 9}


def test_commit_whose_end_is_unknown_counts_once(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = [True]
    write = Recorder._write

    def write_and_forget(self: Recorder, group: list[Seen]) -> None:
        write(self, group)
        if lost and lost.pop():
            raise StoreUnavailable("the answer to COMMIT was lost")

    monkeypatch.setattr(Recorder, "_write", write_and_forget)

    async def twice() -> None:
        recording = recorder(tracked)
        recording.saw(token(tracked), request(FactKind.OPENED))
        await recording.flush()
        assert recording.waiting == 1
        await recording.flush()

    asyncio.run(twice())
    assert tracked.counts() == {"opened": 1, "opens": 1}


def test_messages_of_others_and_messages_that_are_gone_are_left_out(tracked: Tracked) -> None:
    async def foreign() -> None:
        recording = recorder(tracked)
        for wrong in ({"workspace_id": 2}, {"campaign_id": tracked.campaign_id + 1}, {"message_id": 10**9}):
            own = {"workspace_id": 1, "campaign_id": tracked.campaign_id, "message_id": tracked.message_ids[0]}
            recording.saw(Token(**{**own, **wrong}), request(FactKind.OPENED))
        recording.saw(Token(workspace_id=1, campaign_id=tracked.campaign_id, message_id=0), request(FactKind.OPENED))
        await recording.flush()

    asyncio.run(foreign())
    assert tracked.counts() == {}
    assert tracked.rows("SELECT COUNT(*) FROM facts") == [(0,)]


@pytest.mark.parametrize("together", [True, False])
def test_who_follows_many_links_at_once_is_a_program_from_the_first_one_on(tracked: Tracked, together: bool) -> None:
    async def follow() -> None:
        now = tracked.queue.context.clock.now() - 3000
        recording = Recorder(tracked.queue.context.queue, lambda: now)
        for number in range(4):
            recording.saw(token(tracked, 0, number), request(FactKind.CLICKED))
            now += 0.1
            if not together:
                await recording.flush()
        recording.saw(token(tracked, 1, 0), request(FactKind.CLICKED))
        now += 30
        recording.saw(token(tracked, 0, 2), request(FactKind.CLICKED))
        await recording.flush()

    asyncio.run(follow())
    assert tracked.counts() == {"clicked": 2, "clicks": 2, "automatic_clicks": 4}
    assert [(row.doer, row.rule) for row in tracked.facts(0)] == [(Doer.SCANNER, MANY_LINKS_RULE)] * 4 + [
        (Doer.PERSON, None)
    ]
