"""Summaries to show."""

from __future__ import annotations

from typing import Any

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.message import PUBLIC_STATES
from paceline.operations.campaigns.summary import AccountSummary, Summary
from paceline.store.queue.campaigns import CAME_BACK

NOON = 1_804_075_200.0  # 2027-03-03 12:00:00 UTC


def account(name: str = "relay-1", state: AccountState = AccountState.READY, **changes: Any) -> AccountSummary:
    values: dict[str, Any] = {
        "identity": f"127.0.0.1:25:{name}",
        "reason": None,
        "sent": 40,
        "sent_this_hour": 40,
        "sent_today": 40,
        "resumes_at": None,
        "minute_limit": 0,
        "hourly_limit": 40,
        "daily_limit": 200,
        "monthly_limit": 0,
    }
    return AccountSummary(name=name, state=state, **{**values, **changes})


def limited(name: str, **changes: Any) -> AccountSummary:
    values: dict[str, Any] = {"reason": "hourly limit 40 reached", "resumes_at": NOON + 3_600}
    return account(name, AccountState.LIMITED, **{**values, **changes})


def summary(status: CampaignStatus = CampaignStatus.RUNNING, **changes: Any) -> Summary:
    """A campaign of 1,000; states that are named in ``changes`` are counted, the rest is queued."""
    counts = {state: changes.pop(state, 0) for state in PUBLIC_STATES}
    total = changes.pop("total", 1_000)
    counts["queued"] = total - sum(counts.values()) + counts["queued"]
    values: dict[str, Any] = {
        "key": "spring-2027",
        "name": "Spring news",
        "channel": "email",
        "refused": 0,
        "came_back": dict.fromkeys(CAME_BACK, 0),
        "accounts": (account(),),
        "pause_reason": None,
        "resumes_at": None,
        "updated_at": NOON,
        "started_at": NOON - 60,
        "finished_at": None,
        "elapsed_seconds": 60.0,
        "rate_per_second": 6.7,
        "launched": True,
        "next_due_at": None,
    }
    return Summary(status=status, counts=counts, total=total, **{**values, **changes})
