"""A message that comes back for free again and again: it rests after 5 times and is given up after 20."""

from __future__ import annotations

from paceline.domain.message import MessageState, ReportKind
from paceline.operations.context import Context
from surroundings.queue import Queue


def test_message_that_breaks_connections_rests_and_is_given_up_and_holds_up_nobody(context: Context) -> None:
    queue = Queue.filled(context, 2)
    holder = queue.holder()
    (breaker,) = holder.claim(1)
    for times in range(1, 21):
        report = holder.report(breaker, ReportKind.RETURNED, intended=False, reply="closed", counts_as_return=True)
        holder.tell(report)
        row = queue.row(breaker)
        rest = (row.due_at or queue.now) - queue.now
        assert row.charged == 0
        if times == 20:
            break
        assert row.state == MessageState.QUEUED
        assert (rest > 1) == (times >= 5)
        (first,) = holder.claim(1)
        if times >= 5:
            assert first.id != breaker.id
            holder.exchange(releases=[first])
            queue.now += rest
            both = holder.claim(2)
            breaker = next(message for message in both if message.id == breaker.id)
            holder.exchange(releases=[message for message in both if message.id != breaker.id])
        else:
            assert first.id == breaker.id
            breaker = first
    assert row.state == MessageState.FAILED
    assert row.reply == "given up: came back 20 times without an answer about it, last: closed"
    assert queue.counts() == {"queued": 1, "failed": 1}
