"""A thousand connections at once: no transaction is so large that others who write wait long for it, and nobody is left out."""

from __future__ import annotations

import asyncio

from paceline.domain.message import ReportKind
from paceline.engine.group_commit import GroupCommit
from paceline.operations.context import Context
from surroundings.queue import Queue
from surroundings.stores import watching

MESSAGES = 1_000
MOST_INTENTS = 250


def test_many_intents_at_once_are_granted_in_several_commits(context: Context) -> None:
    queue = Queue.filled(context, MESSAGES)
    holder = queue.holder()
    messages = holder.claim(MESSAGES)
    sizes: list[int] = []
    watched = watching(lambda batch: sizes.append(len(batch.intents)), lambda batch, answer: None)

    async def story() -> list[bool]:
        deliveries = watched(context.queue, sender_id=holder.sender_id, slot=0)
        group = GroupCommit(deliveries, now=queue.tick, intent_timeout_seconds=30)
        task = asyncio.create_task(group.run())
        granted = await asyncio.gather(*(group.intend(holder.intent(one), lambda: None) for one in messages))
        for one in messages:
            group.report(holder.report(one, ReportKind.ACCEPTED))
        await group.settled()
        task.cancel()
        group.close()
        return granted

    assert all(asyncio.run(story()))
    assert [size for size in sizes if size] == [MOST_INTENTS] * (MESSAGES // MOST_INTENTS)
    assert queue.counts() == {"sent": MESSAGES}
