"""While an intent is being committed there is time for what comes next; whoever asked decides what that is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from paceline.domain.message import ReportKind
from paceline.engine.group_commit import GroupCommit
from paceline.operations.context import Context
from paceline.store.queue.deliveries import Batch, Deliveries
from surroundings.queue import Holder, Queue
from surroundings.stores import watching


@asynccontextmanager
async def _committing(holder: Holder, deliveries: Deliveries | None = None) -> AsyncIterator[GroupCommit]:
    group = GroupCommit(deliveries or holder.deliveries, now=holder.queue.tick, intent_timeout_seconds=10)
    task = asyncio.create_task(group.run())
    try:
        yield group
        await group.settled()
    finally:
        task.cancel()
        group.close()


def test_the_time_is_used_before_the_intent_is_granted(context: Context) -> None:
    holder = Queue.filled(context, 2).holder()
    first, second = holder.claim(2)
    seen: list[bool] = []

    async def story() -> list[bool]:
        async with _committing(holder) as group:
            asked = [group.intend(holder.intent(one), lambda: seen.append(asked[0].done())) for one in (first, second)]
            return await asyncio.gather(*asked)

    assert asyncio.run(story()) == [True, True]
    assert seen == [False, False]


def test_what_fails_in_that_time_fails_its_own_intent(context: Context) -> None:
    queue = Queue.filled(context, 2)
    holder = queue.holder()
    first, second = holder.claim(2)

    def fail() -> None:
        raise ArithmeticError

    async def story() -> bool:
        async with _committing(holder) as group:
            failing, other = (
                group.intend(holder.intent(first), fail),
                group.intend(holder.intent(second), lambda: None),
            )
            with pytest.raises(ArithmeticError):
                await failing
            group.report(holder.report(first, ReportKind.WITHDRAWN))
            return await other

    assert asyncio.run(story())
    assert queue.counts() == {"queued": 1, "sending": 1}


def test_who_waits_no_more_does_nothing_in_that_time(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder = queue.holder()
    (message,) = holder.claim(1)
    used: list[int] = []

    async def story() -> None:
        loop = asyncio.get_running_loop()

        async def give_up() -> None:
            asked.cancel()

        def before(batch: Batch) -> None:
            if batch.intents:
                asyncio.run_coroutine_threadsafe(give_up(), loop).result()

        watched = watching(before, lambda batch, answer: None)
        async with _committing(holder, watched(context.queue, sender_id=holder.sender_id, slot=0)) as group:
            asked = group.intend(holder.intent(message), lambda: used.append(message.id))
            await asyncio.wait((asked,))

    asyncio.run(story())
    assert used == []
    assert queue.counts() == {"sending": 1}
