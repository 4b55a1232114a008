"""The summary of a campaign: what ``send``, ``status`` and ``demo`` print, and what the progress display shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.clock import iso
from paceline.domain.account import AccountState
from paceline.domain.allowance import calendar_start
from paceline.domain.campaign import CampaignStatus
from paceline.operations.context import Context
from paceline.store.database import Database
from paceline.store.queue import account_records, accounts, campaigns
from paceline.store.queue.accounts import AccountGlance, AccountStanding
from paceline.store.queue.campaigns import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """One account as people see it; ``sent`` counts for the campaign, the others for all campaigns."""

    name: str
    identity: str
    state: AccountState
    reason: str | None
    sent: int
    sent_this_hour: int
    sent_today: int
    resumes_at: float | None
    minute_limit: int
    hourly_limit: int
    daily_limit: int
    monthly_limit: int

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "name": self.name,
            "state": str(self.state),
            "reason": self.reason,
            "sent": self.sent,
            "sent_this_hour": self.sent_this_hour,
            "sent_today": self.sent_today,
            "resumes_at": iso(self.resumes_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A campaign at one moment; the counts add up to the total. Instants are UTC seconds since the epoch."""

    key: str
    name: str
    status: CampaignStatus
    channel: str
    counts: dict[str, int]
    total: int
    refused: int
    came_back: dict[str, int]
    """Messages by what was learnt after they were sent: delivered, read, bounced, opened, clicked, …"""
    accounts: tuple[AccountSummary, ...]
    pause_reason: str | None
    resumes_at: float | None
    updated_at: float
    started_at: float | None
    finished_at: float | None
    elapsed_seconds: float
    rate_per_second: float
    launched: bool
    next_due_at: float | None
    seconds_left: float | None = None
    """An estimate from the latest rate; None while there is none."""
    recent_rate: float | None = None
    """Messages per second lately; None when nobody watches."""

    @property
    def left(self) -> int:
        """Messages that have not ended."""
        return self.counts["queued"] + self.counts["sending"] + self.counts["deferred"]

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "key": self.key,
            "status": str(self.status),
            "channel": self.channel,
            "total": self.total,
            **self.counts,
            "refused": self.refused,
            **self.came_back,
            "accounts": [account.to_json() for account in self.accounts],
            "pause_reason": self.pause_reason,
            "resumes_at": iso(self.resumes_at),
            "updated_at": iso(self.updated_at),
            "started_at": iso(self.started_at),
            "finished_at": iso(self.finished_at),
            "elapsed_seconds": round(self.elapsed_seconds, 3),
            "rate_per_second": round(self.rate_per_second, 3),
        }


def summary(context: Context, key: str) -> Summary:
    """The campaign of this key now. Raises UnknownCampaign."""
    return summary_of(context, context.campaign(key).id)


def summary_of(context: Context, campaign_id: int) -> Summary:
    """One campaign now, all of it seen at one moment."""
    now = context.clock.now()
    with context.queue.read() as connection:
        progress = campaigns.progress(connection, campaign_id)
        sent = campaigns.account_progress(connection, campaign_id)
        standings = accounts.standings(connection, campaign_id=campaign_id)
        rows = tuple(account_summaries(connection, context.queue, standings, sent=sent, now=now))
    return _summary(progress, rows, now)


def summaries(context: Context) -> list[Summary]:
    """Every campaign, the newest first."""
    with context.queue.read() as connection:
        ids = [campaign.id for campaign in campaigns.every(connection, workspace_id=context.workspace_id)]
    return [summary_of(context, campaign_id) for campaign_id in ids]


def account_summaries(
    connection: Connection,
    database: Database,
    standings: Sequence[AccountStanding],
    *,
    sent: Mapping[int, int],
    now: float,
) -> list[AccountSummary]:
    """These accounts now; one statement reads what all of them have used. ``sent`` by account, 0 where absent."""
    starts = [(s.id, calendar_start("hour", s.limits, now), calendar_start("day", s.limits, now)) for s in standings]
    used = account_records.used_since(connection, database, starts)
    return [_account_summary(s, used.get(s.id, (0, 0)), sent=sent.get(s.id, 0), now=now) for s in standings]


def _account_summary(standing: AccountStanding, used: tuple[int, int], *, sent: int, now: float) -> AccountSummary:
    this_hour, today = used
    state, reason, until = effective_state(standing, now)
    return AccountSummary(
        name=standing.name,
        identity=standing.identity,
        state=state,
        reason=reason,
        sent=sent,
        sent_this_hour=this_hour + standing.open_intents,
        sent_today=today + standing.open_intents,
        resumes_at=until,
        minute_limit=standing.limits.minute,
        hourly_limit=standing.limits.hour,
        daily_limit=standing.limits.day,
        monthly_limit=standing.limits.month,
    )


def effective_state(
    standing: AccountStanding | AccountGlance, now: float
) -> tuple[AccountState, str | None, float | None]:
    """State, reason and end of an account's pause; a pause that is over is none, although nobody has used it yet."""
    passing = (AccountState.LIMITED, AccountState.BACKING_OFF)
    if standing.state in passing and (standing.until_at or 0) <= now:
        return AccountState.READY, None, None
    return standing.state, standing.reason, standing.until_at


def _summary(progress: Progress, rows: tuple[AccountSummary, ...], now: float) -> Summary:
    campaign = progress.campaign
    elapsed = (campaign.finished_at or now) - campaign.started_at if campaign.started_at else 0.0
    return Summary(
        key=campaign.key,
        name=campaign.name,
        status=campaign.status,
        channel=campaign.channel,
        counts=progress.counts,
        total=progress.total,
        refused=campaign.refused,
        came_back=progress.came_back,
        accounts=rows,
        pause_reason=campaign.pause_reason,
        resumes_at=campaign.resumes_at,
        updated_at=progress.updated_at,
        started_at=campaign.started_at,
        finished_at=campaign.finished_at,
        elapsed_seconds=elapsed,
        rate_per_second=progress.counts["sent"] / elapsed if elapsed > 0 else 0.0,
        launched=campaign.launched_at is not None,
        next_due_at=progress.next_due_at,
    )
