"""Pauses campaigns whose accounts have no allowance, and resumes them at the moment one has it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.store.database import Database
from paceline.store.queue import accounts, campaign_work, campaigns
from paceline.store.queue.accounts import AccountStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the accounts of a campaign mean for it."""

    move: CampaignMove
    reason: str | None = None
    resumes_at: float | None = None


def pause_or_resume_all(database: Database, *, now: float, paused_too: bool) -> float | None:
    """Move every campaign as its accounts say; returns when the next account has allowance again.

    Running campaigns are looked at every time, paused ones only when asked for: nothing happens to those before that
    moment unless a person changes an account.
    """
    with database.read() as connection:
        found = campaign_work.without_usable_account(connection, now=now)
        found += campaign_work.paused_in_error(connection, now=now) if paused_too else []
        next_at = accounts.next_allowance_at(connection, now=now)
    for campaign_id in found:
        pause_or_resume(database, campaign_id, now=now)
    return next_at


def pause_or_resume(database: Database, campaign_id: int, *, now: float) -> None:
    """Move one campaign as its accounts say; a second call changes nothing."""
    with database.read() as connection:
        status = campaigns.get(connection, campaign_id).status
        standings = accounts.standings(connection, campaign_id=campaign_id)
    verdict = judge(status, standings, now)
    if verdict is not None:
        with database.write() as connection:
            campaigns.move(
                connection,
                campaign_id,
                verdict.move,
                now=now,
                reason=verdict.reason,
                resumes_at=verdict.resumes_at,
            )


def judge(status: CampaignStatus, standings: Sequence[AccountStanding], now: float) -> Verdict | None:
    """The move that the accounts ask for; None when the campaign is where it should be.

    An account whose pause is over counts as ready although nobody has used it yet; one that backs off will be tried
    again soon, so the campaign goes on waiting for it.
    """
    limited = [s for s in standings if s.state is AccountState.LIMITED and (s.until_at or 0) > now]
    unusable = [s for s in standings if s.state in (AccountState.BROKEN, AccountState.DISABLED)]
    if len(limited) + len(unusable) < len(standings):
        return Verdict(move=CampaignMove.REPLENISH) if status is CampaignStatus.PAUSED_LIMITS else None
    if limited:
        first = min(limited, key=lambda s: s.until_at or 0)
        reason = f"no account has allowance left; the first to have it again is {first.name} ({first.reason})"
        if status is CampaignStatus.RUNNING:
            return Verdict(move=CampaignMove.EXHAUST, reason=reason, resumes_at=first.until_at)
        return None
    if status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS):
        return Verdict(move=CampaignMove.ALARM, reason=_no_account(unusable))
    return None


def _no_account(unusable: Sequence[AccountStanding]) -> str:
    if not unusable:
        return "no usable account: the campaign has none"
    causes = "; ".join(f"{s.name}: {s.reason or s.state}" for s in unusable[:5])
    more = f"; and {len(unusable) - 5} more" if len(unusable) > 5 else ""
    return f"no usable account: {causes}{more}"
