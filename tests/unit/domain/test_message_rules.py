"""The one rule by which a report settles a message: an acceptance wins, a refusal counts only for its own attempt."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from paceline.domain.campaign import CampaignStatus
from paceline.domain.message import MessageState, Report, ReportKind, Standing, settle
from paceline.domain.retry_policy import RetryPolicy

S, K = MessageState, ReportKind


def report(
    kind: ReportKind, *, attempt: int = 1, intended: bool = True, lease: int = 7, counts: bool = False
) -> Report:
    return Report(
        message_id=1,
        campaign_id=1,
        account_id=1,
        lease=lease,
        attempt=attempt,
        intended=intended,
        kind=kind,
        reply="reply",
        at=1000.0,
        counts_as_return=counts,
    )


def standing(
    state: MessageState,
    *,
    attempt: int = 1,
    lease: int = 7,
    charged: int = 0,
    returns: int = 0,
    status: CampaignStatus = CampaignStatus.RUNNING,
    policy: RetryPolicy | None = None,
) -> Standing:
    return Standing(
        state=state,
        attempt=attempt,
        lease=lease,
        charged=charged,
        returns=returns,
        first_intent_at=990.0,
        campaign_status=status,
        policy=policy or RetryPolicy(),
    )


@pytest.mark.parametrize("state", [s for s in S if s is not S.SENT])
def test_acceptance_of_the_latest_attempt_wins_over_every_state(state: MessageState) -> None:
    settled = settle(report(K.ACCEPTED), standing(state), jitter=0)
    assert settled is not None
    assert settled.state is S.SENT


@given(st.sampled_from(K), st.integers(0, 3), st.booleans())
def test_sent_stays_sent(kind: ReportKind, attempt: int, intended: bool) -> None:
    assert settle(report(kind, attempt=attempt, intended=intended), standing(S.SENT), jitter=0) is None


@pytest.mark.parametrize("kind", [K.ACCEPTED, K.DEFERRED, K.REFUSED, K.RETURNED, K.UNCERTAIN, K.WITHDRAWN])
def test_report_of_an_older_attempt_is_only_an_event(kind: ReportKind) -> None:
    assert settle(report(kind, attempt=1), standing(S.INTENDED, attempt=2), jitter=0) is None


@pytest.mark.parametrize("kind", [K.DEFERRED, K.REFUSED, K.RETURNED])
@pytest.mark.parametrize("state", [S.QUEUED, S.CLAIMED, S.DEFERRED, S.FAILED, S.SKIPPED, S.CANCELLED])
def test_refusal_counts_only_while_its_attempt_is_unanswered(kind: ReportKind, state: MessageState) -> None:
    assert settle(report(kind), standing(state), jitter=0) is None


def test_refusal_resolves_an_uncertain_message() -> None:
    settled = settle(report(K.REFUSED), standing(S.UNCERTAIN), jitter=0)
    assert settled is not None
    assert settled.state is S.FAILED


def test_report_before_the_intent_needs_the_lease_of_its_claim() -> None:
    refused = report(K.REFUSED, intended=False)
    assert settle(refused, standing(S.CLAIMED, attempt=0, lease=8), jitter=0) is None
    assert settle(refused, standing(S.CLAIMED, attempt=1, lease=7), jitter=0) is None  # told twice, claimed anew
    settled = settle(refused, standing(S.CLAIMED, attempt=0, lease=7), jitter=0)
    assert settled is not None
    assert settled.state is S.FAILED


def test_withdrawal_fits_whether_or_not_the_intent_was_committed() -> None:
    for found in (standing(S.INTENDED), standing(S.CLAIMED, attempt=0)):
        settled = settle(report(K.WITHDRAWN), found, jitter=0)
        assert settled is not None
        assert (settled.state, settled.charged, settled.returns) == (S.QUEUED, 0, 0)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (CampaignStatus.RUNNING, S.DEFERRED),
        (CampaignStatus.PAUSED, S.DEFERRED),
        (CampaignStatus.STOPPED, S.CANCELLED),
        (CampaignStatus.COMPLETED, S.FAILED),
    ],
)
def test_deferral_waits_only_while_the_campaign_can_go_on(status: CampaignStatus, state: MessageState) -> None:
    settled = settle(report(K.DEFERRED), standing(S.INTENDED, status=status), jitter=0)
    assert settled is not None
    assert settled.state is state
    assert (settled.due_at is not None) == (state is S.DEFERRED)


def test_campaigns_own_attempts_are_counted() -> None:
    policy = RetryPolicy(max_attempts=3, retry_delay_seconds=1)
    second = settle(report(K.DEFERRED), standing(S.INTENDED, charged=1, policy=policy), jitter=0)
    third = settle(report(K.DEFERRED), standing(S.INTENDED, charged=2, policy=policy), jitter=0)
    assert second is not None
    assert (second.state, second.due_at) == (S.DEFERRED, 1001.0)
    assert third is not None
    assert third.state is S.FAILED
    assert "given up after 3 attempts" in third.reply


def test_message_that_returns_for_free_rests_and_is_given_up_in_the_end() -> None:
    delays = []
    for returns in range(19):
        settled = settle(report(K.RETURNED, counts=True), standing(S.INTENDED, returns=returns), jitter=0.5)
        assert settled is not None
        assert settled.state is S.QUEUED
        assert settled.charged == 0
        delays.append((settled.due_at or 0) - 1000)
    assert delays[:4] == [0, 0, 0, 0]
    assert all(later >= earlier > 0 for earlier, later in pairwise(delays[4:]))
    last = settle(report(K.RETURNED, counts=True), standing(S.INTENDED, returns=19), jitter=0.5)
    assert last is not None
    assert last.state is S.FAILED
    assert "came back 20 times" in last.reply
