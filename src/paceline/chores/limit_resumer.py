"""Pauses campaigns that may not send now (no account has allowance, a layer is full, their window is closed), and resumes them.

The moment of the resumption is computed, not found by asking again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.account import AccountState
from paceline.domain.account_choice import AccountChoice
from paceline.domain.block import Block, FullLayer, blocks_of
from paceline.domain.campaign import CampaignMove, CampaignStatus
from paceline.store.database import Database
from paceline.store.queue import accounts, campaign_work, campaigns, layers, piles, restraints
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import CampaignRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the accounts and the blocks of a campaign mean for it. ``move`` None: it stays where it is, for this reason."""

    move: CampaignMove | None
    reason: str | None = None
    resumes_at: float | None = None


def pause_or_resume_all(database: Database, *, now: float, paused_too: bool) -> float | None:
    """Move every campaign as its accounts say; returns when the next campaign may go on.

    Running campaigns are looked at every time, paused ones only when asked for: nothing happens to those before that
    moment unless a person changes something.
    """
    with database.read() as connection:
        found = campaign_work.without_usable_account(connection, now=now)
        found += campaign_work.maybe_blocked(connection, now=now)
        found += campaign_work.paused_in_error(connection, now=now) if paused_too else []
        moments = (
            accounts.next_allowance_at(connection, now=now),
            campaign_work.next_resumption(connection, now=now),
        )
    for campaign_id in dict.fromkeys(found):
        pause_or_resume(database, campaign_id, now=now)
    return min((at for at in moments if at is not None), default=None)


def pause_or_resume(database: Database, campaign_id: int, *, now: float) -> None:
    """Move one campaign as its accounts say; a second call changes nothing."""
    with database.read() as connection:
        campaign = campaigns.get(connection, campaign_id)
        standings = accounts.standings(connection, campaign_id=campaign_id)
        blocks = blocks_on(connection, campaign, now=now)
        choice = campaign.pacing.account_choice
        sticky = choice is AccountChoice.STICKY
        stranded = choice is not AccountChoice.FREE and piles.any_stranded(
            connection, campaign_id, sticky=sticky, now=now
        )
    if stranded:
        with database.write() as connection:
            piles.take_back(connection, campaign_id, sticky=sticky, now=now)
    verdict = judge(campaign.status, standings, now, blocks)
    if verdict is None:
        return
    if verdict.move is None:
        if (verdict.reason, verdict.resumes_at) != (campaign.pause_reason, campaign.resumes_at):
            with database.write() as connection:
                campaigns.explain_pause(
                    connection, campaign_id, reason=verdict.reason, resumes_at=verdict.resumes_at, now=now
                )
        return
    with database.write() as connection:
        campaigns.move(
            connection,
            campaign_id,
            verdict.move,
            now=now,
            reason=verdict.reason,
            resumes_at=verdict.resumes_at,
        )


def blocks_on(connection: Connection, campaign: CampaignRow, *, now: float) -> list[Block]:
    """What holds a campaign back besides its accounts."""
    full = [
        FullLayer(layer=one.layer, reason=one.reason or "", until=one.until_at or now)
        for one in layers.full(connection, now=now)
        if one.workspace_id == campaign.workspace_id
    ]
    held_back = restraints.active(connection, workspace_id=campaign.workspace_id, now=now)
    return blocks_of(campaign.pacing, full, held_back, campaign_id=campaign.id, now=now)


def judge(
    status: CampaignStatus, standings: Sequence[AccountStanding], now: float, blocks: Sequence[Block] = ()
) -> Verdict | None:
    """The move that the accounts and blocks ask for; None when the campaign is where it should be.

    An account whose pause is over counts as ready although nobody has used it yet; one that backs off will be tried
    again soon, so the campaign goes on waiting for it. Those of a server that is full count as limited.
    """
    whole = [block for block in blocks if block.host is None]
    unusable = [s for s in standings if s.state in (AccountState.BROKEN, AccountState.DISABLED)]
    if whole and len(unusable) < len(standings):
        last = max(whole, key=lambda block: float("inf") if block.until is None else block.until)
        return _waits(status, last.reason, last.until)
    limited = [wait for s in standings if s not in unusable and (wait := _limited(s, blocks, now)) is not None]
    if len(limited) + len(unusable) < len(standings):
        return Verdict(move=CampaignMove.REPLENISH) if status is CampaignStatus.PAUSED_LIMITS else None
    if limited:
        first = min(limited, key=lambda wait: wait.until)
        reason = f"no account has allowance left; the first to have it again is {first.name} ({first.reason})"
        return _waits(status, reason, first.until)
    if status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS):
        return Verdict(move=CampaignMove.ALARM, reason=_no_account(unusable))
    return None


def _waits(status: CampaignStatus, reason: str, until: float | None) -> Verdict | None:
    if status is CampaignStatus.RUNNING:
        return Verdict(move=CampaignMove.EXHAUST, reason=reason, resumes_at=until)
    return Verdict(move=None, reason=reason, resumes_at=until) if status is CampaignStatus.PAUSED_LIMITS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    name: str
    reason: str | None
    until: float


def _limited(standing: AccountStanding, blocks: Sequence[Block], now: float) -> _Wait | None:
    """Until when an account may not send, the later of its own limit and its server's; None: it may."""
    waits = [
        _Wait(name=standing.name, reason=block.reason, until=block.until or now)
        for block in blocks
        if block.host == standing.host.lower()
    ]
    if standing.state is AccountState.LIMITED and (standing.until_at or 0) > now:
        waits.append(_Wait(name=standing.name, reason=standing.reason, until=standing.until_at or now))
    return max(waits, key=lambda wait: wait.until, default=None)


def _no_account(unusable: Sequence[AccountStanding]) -> str:
    if not unusable:
        return "no usable account: the campaign has none"
    causes = "; ".join(f"{s.name}: {s.reason or s.state}" for s in unusable[:5])
    more = f"; and {len(unusable) - 5} more" if len(unusable) > 5 else ""
    return f"no usable account: {causes}{more}"
