"""Where no crash can lose anything (a dry run), what was accepted is written with whatever is written next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from paceline.domain.message import ReportKind
from paceline.engine.group_commit import GroupCommit
from paceline.operations.context import Context
from paceline.store.queue.claiming import ClaimedMessage
from paceline.store.queue.deliveries import Batch, Exchanged
from surroundings.queue import Holder, Queue
from surroundings.stores import watching
from surroundings.waiting import until


class _Commits:
    """Messages and kinds of the reports of each commit."""

    def __init__(self) -> None:
        self.reports: list[list[tuple[int, ReportKind]]] = []

    def after(self, batch: Batch, answer: Exchanged) -> None:
        self.reports.append([(report.message_id, report.kind) for report in batch.reports])


@asynccontextmanager
async def _deferring(context: Context, holder: Holder, commits: _Commits) -> AsyncIterator[GroupCommit]:
    watched = watching(lambda batch: None, commits.after)
    deliveries = watched(context.queue, sender_id=holder.sender_id, slot=0)
    group = GroupCommit(deliveries, now=holder.queue.tick, intent_timeout_seconds=10, defers_reports=True)
    task = asyncio.create_task(group.run())
    try:
        yield group
    finally:
        task.cancel()
        group.close()


async def _intend(group: GroupCommit, holder: Holder, message: ClaimedMessage) -> None:
    assert await group.intend(holder.intent(message), lambda: None)


def test_what_was_accepted_is_written_with_the_next_intent(context: Context) -> None:
    queue = Queue.filled(context, 2)
    holder = queue.holder()
    first, second = holder.claim(2)
    commits = _Commits()

    async def story() -> None:
        async with _deferring(context, holder, commits) as group:
            await _intend(group, holder, first)
            group.report(holder.report(first, ReportKind.ACCEPTED))
            await _intend(group, holder, second)
            assert queue.counts() == {"sent": 1, "sending": 1}

    asyncio.run(story())
    assert commits.reports == [[], [(first.id, ReportKind.ACCEPTED)]]


def test_what_was_accepted_is_written_before_somebody_reads(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder = queue.holder()
    (message,) = holder.claim(1)
    commits = _Commits()

    async def story() -> None:
        async with _deferring(context, holder, commits) as group:
            await _intend(group, holder, message)
            group.report(holder.report(message, ReportKind.ACCEPTED))
            assert queue.counts() == {"sending": 1}
            await group.written()
            assert queue.counts() == {"sent": 1}
            assert not group.flush()

    asyncio.run(story())


def test_what_was_not_accepted_is_written_at_once(context: Context) -> None:
    queue = Queue.filled(context, 2)
    holder = queue.holder()
    first, second = holder.claim(2)
    commits = _Commits()

    async def story() -> None:
        async with _deferring(context, holder, commits) as group:
            await asyncio.gather(_intend(group, holder, first), _intend(group, holder, second))
            group.report(holder.report(first, ReportKind.ACCEPTED))
            group.report(holder.report(second, ReportKind.REFUSED))
            await until(lambda: queue.counts() == {"sent": 1, "failed": 1})  # though nobody asks for it

    asyncio.run(story())
    assert commits.reports[-1] == [(first.id, ReportKind.ACCEPTED), (second.id, ReportKind.REFUSED)]
