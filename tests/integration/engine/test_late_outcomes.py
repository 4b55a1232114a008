"""A late outcome meets a message that has moved on: outcomes are guarded by attempt, not by lease."""

from __future__ import annotations

import pytest

from paceline.domain.campaign import CampaignMove
from paceline.domain.message import MessageState, ReportKind
from paceline.operations.context import Context
from paceline.store.queue import messages
from paceline.store.queue.claiming import ClaimedMessage
from surroundings.queue import Holder, Queue


def _handed_over(queue: Queue) -> tuple[Holder, ClaimedMessage]:
    holder = queue.holder()
    (message,) = holder.claim(1)
    assert holder.intend([message]) == {message.id}
    return holder, message


def _declared_dead(queue: Queue, holder: Holder) -> None:
    assert holder.deliveries.rescue(holder.account_id, holder.sender_id, queue.tick()) == 1


def test_acceptance_resolves_what_a_rescue_made_uncertain(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder, message = _handed_over(queue)
    _declared_dead(queue, holder)
    assert queue.counts() == {"uncertain": 1}
    holder.tell(holder.report(message, ReportKind.ACCEPTED))
    assert queue.counts() == {"sent": 1}
    assert queue.used(holder) == (1, 0)


def test_withdrawal_returns_what_a_rescue_made_uncertain(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder, message = _handed_over(queue)
    _declared_dead(queue, holder)
    holder.tell(holder.report(message, ReportKind.WITHDRAWN))
    assert queue.counts() == {"queued": 1}
    assert queue.holder().claim(1)[0].id == message.id


@pytest.mark.parametrize("claimed_again", [False, True])
def test_acceptance_wins_over_a_message_that_is_to_be_sent_again(context: Context, claimed_again: bool) -> None:
    queue = Queue.filled(context, 1)
    first, message = _handed_over(queue)
    _declared_dead(queue, first)
    assert messages.resolve_uncertain(context.queue, queue.campaign_id, resend=True, slot=0, now=queue.tick()) == 1
    second = queue.holder()
    again = second.claim(1) if claimed_again else []
    first.tell(first.report(message, ReportKind.ACCEPTED))
    assert queue.counts() == {"sent": 1}
    assert second.intend(again) == frozenset()
    assert second.claim(1) == []


def test_outcome_of_an_older_attempt_is_only_an_event(context: Context) -> None:
    queue = Queue.filled(context, 1)
    first, message = _handed_over(queue)
    _declared_dead(queue, first)
    messages.resolve_uncertain(context.queue, queue.campaign_id, resend=True, slot=0, now=queue.tick())
    second = queue.holder()
    (again,) = second.claim(1)
    assert second.intend([again]) == {message.id}
    for kind in (ReportKind.ACCEPTED, ReportKind.REFUSED, ReportKind.DEFERRED, ReportKind.WITHDRAWN):
        first.tell(first.report(message, kind))
        assert queue.state(message) is MessageState.INTENDED
    second.tell(second.report(again, ReportKind.REFUSED))
    assert queue.counts() == {"failed": 1}
    assert (1, "accepted") in queue.events(message)
    assert (2, "refused") in queue.events(message)


def test_refusal_after_a_stop_defers_nothing(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder, message = _handed_over(queue)
    queue.move(CampaignMove.STOP)
    holder.tell(holder.report(message, ReportKind.DEFERRED))
    assert queue.counts() == {"cancelled": 1}


def test_claim_of_a_dead_sender_is_no_intent(context: Context) -> None:
    queue = Queue.filled(context, 3)
    first = queue.holder()
    claimed = first.claim(3)
    assert first.deliveries.rescue(first.account_id, first.sender_id, queue.tick()) == 0
    assert queue.counts() == {"queued": 3}
    second = queue.holder()
    assert {message.id for message in second.claim(3)} == {message.id for message in claimed}
    assert first.intend(claimed) == frozenset()
    first.exchange(releases=claimed)
    assert queue.counts() == {"sending": 3}
    assert first.claim(3) == []


def test_second_rescue_changes_nothing(context: Context) -> None:
    queue = Queue.filled(context, 1)
    holder, _ = _handed_over(queue)
    _declared_dead(queue, holder)
    before = queue.everything()
    assert holder.deliveries.rescue(holder.account_id, holder.sender_id, queue.tick()) == 0
    assert queue.everything() == before
