"""A group whose commit ended unknown is told again: the second time changes nothing, counters included."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings, strategies as st

from paceline.domain.message import Report, ReportKind
from paceline.operations.context import Context
from surroundings.queue import Queue

_AFTER_INTENT = (
    ReportKind.ACCEPTED,
    ReportKind.DEFERRED,
    ReportKind.REFUSED,
    ReportKind.RETURNED,
    ReportKind.WITHDRAWN,
    ReportKind.UNCERTAIN,
)
_BEFORE_INTENT = (ReportKind.DEFERRED, ReportKind.REFUSED, ReportKind.RETURNED, ReportKind.SKIPPED)


def test_group_told_twice_counts_once(context: Context) -> None:
    queue = Queue.filled(context, len(_AFTER_INTENT) + len(_BEFORE_INTENT) + 2)
    holder = queue.holder()
    claimed = holder.claim(100)
    handed_over = claimed[: len(_AFTER_INTENT)]
    not_begun = claimed[-2:]
    holder.intend(handed_over)
    reports = [
        *(
            holder.report(m, kind, hard_bounce=kind is ReportKind.REFUSED)
            for m, kind in zip(handed_over, _AFTER_INTENT, strict=True)
        ),
        *(
            holder.report(m, kind, intended=False)
            for m, kind in zip(claimed[len(_AFTER_INTENT) : -2], _BEFORE_INTENT, strict=True)
        ),
    ]
    holder.exchange(reports=reports, releases=not_begun)
    before = queue.everything()
    queue.counts()
    holder.exchange(reports=reports, releases=not_begun)
    assert queue.everything() == before


def test_group_that_was_told_in_parts_and_then_whole_counts_once(context: Context) -> None:
    queue = Queue.filled(context, 4)
    holder = queue.holder()
    claimed = holder.claim(4)
    holder.intend(claimed)
    reports = [holder.report(message, ReportKind.ACCEPTED) for message in claimed]
    holder.tell(*reports[:2])
    holder.tell(*reports)
    assert queue.counts() == {"sent": 4}
    assert queue.used(holder) == (4, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(_AFTER_INTENT), st.integers(0, 3)), min_size=1, max_size=12))
def test_counters_agree_whatever_is_told_how_often(context: Context, told: Sequence[tuple[ReportKind, int]]) -> None:
    queue = _a_queue_of_its_own(context)
    holder = queue.holder()
    claimed = holder.claim(4)
    holder.intend(claimed)
    past: list[Report] = []
    for kind, place in told:
        past.append(holder.report(claimed[place], kind))
        holder.tell(past[-1])
        holder.tell(past[0])
        queue.counts()
    _, still_open = queue.used(holder)
    assert still_open == queue.counts().get("sending", 0)


def _a_queue_of_its_own(context: Context) -> Queue:
    """Examples share the database of their test: each begins with an empty one."""
    for table in ("messages", "campaign_counters", "campaign_accounts", "usage", "events", "accounts", "campaigns"):
        context.queue.execute(f"DELETE FROM {table}")
    return Queue.filled(context, 4)
