"""A message: one recipient in one campaign. Every state, and the one rule by which a report settles it.

The store keeps ``claimed`` and ``intended`` apart, because a crash treats them differently; people see both as ``sending``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from paceline.domain.campaign import CampaignStatus
from paceline.domain.retry_policy import RetryPolicy, return_delay_seconds
from paceline.domain.wording import counted


class MessageState(IntEnum):
    """Where a message stands; the numbers are what the database stores."""

    QUEUED = 0  # not begun, or given back
    CLAIMED = 1  # taken by a worker; free to return
    INTENDED = 2  # the intent is durable: from here the receiver may have it
    DEFERRED = 3  # will be tried again at a known moment
    SENT = 4  # accepted by the receiver; stays so
    FAILED = 5  # definitely not accepted
    SKIPPED = 6  # suppressed
    UNCERTAIN = 7  # handed over, the answer is unknown
    CANCELLED = 8  # the campaign was stopped before it was sent


PUBLIC_NAMES: dict[MessageState, str] = {
    state: "sending" if state in (MessageState.CLAIMED, MessageState.INTENDED) else state.name.lower()
    for state in MessageState
}

PUBLIC_STATES = tuple(dict.fromkeys(PUBLIC_NAMES.values()))
"""The states that people see, in the order of a message's life; they add up to the campaign's total."""


class ReportKind(StrEnum):
    """What a worker reports of one delivery; also the kind of the event that is kept."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    RETURNED = "returned"  # certainly not accepted, not the recipient's fault
    WITHDRAWN = "withdrawn"  # the point of no return was provably not crossed; leaves no trace on the message
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    UNRENDERABLE = "unrenderable"


class Report(NamedTuple):
    """How one delivery of one message ended, as its worker saw it. A tuple, because one is made for every message."""

    message_id: int
    campaign_id: int
    account_id: int
    lease: int
    attempt: int
    """The attempt that is reported: the message's own number, plus one where no intent was made."""
    intended: bool
    kind: ReportKind
    reply: str
    at: float
    retry_after_seconds: float | None = None
    counts_as_return: bool = False
    hard_bounce: bool = False
    spam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the store knows of a message when a report for it arrives."""

    state: MessageState
    attempt: int
    lease: int
    charged: int
    """Attempts that count against the campaign's maximum."""
    returns: int
    first_intent_at: float | None
    campaign_status: CampaignStatus
    policy: RetryPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Where a report moves a message. ``due_at`` is when it may be claimed again."""

    state: MessageState
    due_at: float | None
    charged: int
    returns: int
    reply: str


_ACCEPTABLE = frozenset(MessageState) - {MessageState.SENT}
_ANSWERABLE = frozenset({MessageState.INTENDED, MessageState.UNCERTAIN})
_MOST_RETURNS = 20


def settle(report: Report, standing: Standing, *, jitter: float) -> Settlement | None:
    """Where this report moves its message, or None when it is too late and only the event is kept.

    ``jitter`` is a random number in [0, 1). An acceptance wins over every state but a newer attempt; a refusal counts
    only while its own attempt is unanswered (design: outcomes are guarded by attempt, not by lease).
    """
    if report.kind is ReportKind.ACCEPTED:
        fits = report.attempt == standing.attempt and standing.state in _ACCEPTABLE
    elif report.intended and standing.state in _ANSWERABLE:
        fits = report.attempt == standing.attempt
    elif not report.intended or report.kind is ReportKind.WITHDRAWN:  # withdrawn: the intent's commit had failed
        claimed = standing.state is MessageState.CLAIMED and report.lease == standing.lease
        fits = claimed and report.attempt == standing.attempt + 1
    else:
        fits = False
    if not fits:
        return None
    return _MOVES[report.kind](report, standing, jitter)


def _accepted(report: Report, standing: Standing, jitter: float) -> Settlement:
    return _end(MessageState.SENT, report, standing, charge=1)


def _refused(report: Report, standing: Standing, jitter: float) -> Settlement:
    return _end(MessageState.FAILED, report, standing, charge=1)


def _skipped(report: Report, standing: Standing, jitter: float) -> Settlement:
    return _end(MessageState.SKIPPED, report, standing, charge=0)


def _unrenderable(report: Report, standing: Standing, jitter: float) -> Settlement:
    return _end(MessageState.FAILED, report, standing, charge=0)


def _uncertain(report: Report, standing: Standing, jitter: float) -> Settlement:
    return _end(MessageState.UNCERTAIN, report, standing, charge=1 if standing.state is MessageState.INTENDED else 0)


def _deferred(report: Report, standing: Standing, jitter: float) -> Settlement:
    charged = standing.charged + 1
    delay = standing.policy.delay_seconds(
        charged,
        asked_seconds=report.retry_after_seconds,
        elapsed_seconds=report.at - (standing.first_intent_at or report.at),
        jitter=jitter,
    )
    if delay is None:
        reason = f"given up after {counted(charged, 'attempt')}: {report.reply}"
        return Settlement(
            state=MessageState.FAILED, due_at=None, charged=charged, returns=standing.returns, reply=reason
        )
    return _again(MessageState.DEFERRED, report, standing, charged, standing.returns, delay)


def _returned(report: Report, standing: Standing, jitter: float) -> Settlement:
    returns = standing.returns + report.counts_as_return
    if returns >= _MOST_RETURNS:
        reason = f"given up: came back {returns} times without an answer about it, last: {report.reply}"
        return Settlement(
            state=MessageState.FAILED, due_at=None, charged=standing.charged, returns=returns, reply=reason
        )
    delay = max(return_delay_seconds(returns, jitter=jitter), report.retry_after_seconds or 0.0)
    return _again(MessageState.QUEUED, report, standing, standing.charged, returns, delay)


def _end(state: MessageState, report: Report, standing: Standing, *, charge: int) -> Settlement:
    return Settlement(
        state=state,
        due_at=None,
        charged=standing.charged + charge,
        returns=standing.returns,
        reply=report.reply,
    )


def _again(
    state: MessageState, report: Report, standing: Standing, charged: int, returns: int, delay: float
) -> Settlement:
    """Back into the queue, unless the campaign has ended in the meantime."""
    due_at: float | None = report.at + delay
    if standing.campaign_status is CampaignStatus.STOPPED:
        state, due_at = MessageState.CANCELLED, None
    elif standing.campaign_status is CampaignStatus.COMPLETED:
        state, due_at = MessageState.FAILED, None
    return Settlement(state=state, due_at=due_at, charged=charged, returns=returns, reply=report.reply)


_MOVES = {
    ReportKind.ACCEPTED: _accepted,
    ReportKind.DEFERRED: _deferred,
    ReportKind.REFUSED: _refused,
    ReportKind.RETURNED: _returned,
    ReportKind.WITHDRAWN: _returned,
    ReportKind.UNCERTAIN: _uncertain,
    ReportKind.SKIPPED: _skipped,
    ReportKind.UNRENDERABLE: _unrenderable,
}
