"""Why an account sends nothing, or not more: one sentence, by its state and by what it does right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from paceline.domain.account import AccountState
from paceline.domain.block import Block
from paceline.domain.restraint import Restraint
from paceline.domain.server_width import ServerWidth
from paceline.domain.wording import counted
from paceline.engine.explain.cause import Cause, at_words
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.standstill import Doing, LivingSender

SILENT_SECONDS = 10.0
"""Nobody has to explain a shorter silence."""

BY_EFFECT = (
    "account_broken",
    "account_disabled",
    "sender_silent",
    "account_limited",
    "account_backing_off",
    "server_stalls",
    "server_blocked",
    "server_full",
    "connecting",
    "account_waits",
    "server_narrow",
    "account_shared",
    "account_lowered",
    "account_pace",
)
"""What accounts are held up by, those that cost most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """Who sends now, and what the accounts do."""

    senders: Mapping[int, LivingSender] = field(default_factory=dict)
    """Those that live, by number."""
    doings: Mapping[int, Doing] = field(default_factory=dict)
    """By account."""
    full_servers: frozenset[tuple[int, str]] = frozenset()
    """Workspace and host of servers that take no more connections."""
    blocked_servers: Mapping[tuple[int, str], Block] = field(default_factory=dict)
    """Those to which nothing may be sent for a time."""
    widths: Mapping[str, ServerWidth] = field(default_factory=dict)
    """Host -> how many connections it bears, where something has failed lately."""
    lowered: Mapping[int, Restraint] = field(default_factory=dict)
    """Account -> the reply rule's doing that slows it down."""
    lease_margin_seconds: float = 5.0
    final_dot_timeout_seconds: float = 600.0


def about_account(campaign: str | None, standing: AccountStanding, at_work: AtWork | None, now: float) -> Cause | None:
    """What holds an account up; None when nothing does. ``at_work`` None: there is nothing that it should send now."""
    return _by_state(campaign, standing, now) or (
        None if at_work is None else _by_work(campaign, standing, at_work, now)
    )


def _by_state(campaign: str | None, standing: AccountStanding, now: float) -> Cause | None:
    name, zone, until = standing.name, standing.limits.timezone, standing.until_at
    if standing.state is AccountState.BROKEN:
        sentence = f"{name}: {standing.reason}; mend it, then `paceline accounts enable {name}`"
        return _cause(campaign, standing, "account_broken", sentence)
    if standing.state is AccountState.DISABLED:
        sentence = f"{name}: switched off; `paceline accounts enable {name}` switches it on"
        return _cause(campaign, standing, "account_disabled", sentence)
    if until is None or until <= now:
        return None
    if standing.state is AccountState.LIMITED:
        sentence = f"{name}: {standing.reason}, next message {at_words(until, zone, now)}"
        return _cause(campaign, standing, "account_limited", sentence, until)
    if standing.state is AccountState.BACKING_OFF:
        sentence = f"{name}: {standing.reason}; tried again {at_words(until, zone, now)}"
        return _cause(campaign, standing, "account_backing_off", sentence, until)
    return None


def _by_work(campaign: str | None, standing: AccountStanding, at_work: AtWork, now: float) -> Cause | None:
    name, zone = standing.name, standing.limits.timezone
    doing = at_work.doings.get(standing.id, Doing())
    holder = None if standing.sender_id is None else at_work.senders.get(standing.sender_id)
    if standing.sender_id is not None and (holder is None or holder.lease_until < now):
        return _silent_sender(campaign, standing, holder, at_work, now)
    if doing.begun and now - doing.begun_since > SILENT_SECONDS:
        until = doing.begun_since + at_work.final_dot_timeout_seconds
        sentence = (
            f"{name}: {standing.host} has not answered {counted(doing.begun, 'message')} since "
            f"{at_words(doing.begun_since, zone, now)}; it is waited for until {at_words(until, zone, now)} at most"
        )
        return _cause(campaign, standing, "server_stalls", sentence, until)
    if (block := at_work.blocked_servers.get((standing.workspace_id, standing.host))) is not None:
        moment = "" if block.until is None else f", next message {at_words(block.until, zone, now)}"
        return _cause(campaign, standing, "server_blocked", f"{name}: {block.reason}{moment}", block.until)
    if standing.sender_id is None and (standing.workspace_id, standing.host) in at_work.full_servers:
        sentence = f"{name}: all connections that {standing.host} may have are in use by other accounts"
        return _cause(campaign, standing, "server_full", sentence)
    lowered = at_work.lowered.get(standing.id)
    if lowered is not None and (rate := lowered.rate_per_minute) is not None and _is_slower(rate, standing):
        sentence = (
            f"{name}: {lowered.reason}: {counted(rate, 'message')} a minute until "
            f"{at_words(lowered.until_at, zone, now)}"
        )
        return _cause(campaign, standing, "account_lowered", sentence, lowered.until_at)
    if standing.rate_per_minute > 0:
        return _pace(campaign, standing, doing, zone, now)
    if doing.held and now - doing.held_since > SILENT_SECONDS and not doing.begun:
        sentence = (
            f"{name}: it holds {counted(doing.held, 'message')} and has begun none since "
            f"{at_words(doing.held_since, zone, now)}: it waits for a connection to {standing.host}"
        )
        return _cause(campaign, standing, "connecting", sentence)
    if standing.sender_id is None:
        return _cause(campaign, standing, "account_waits", f"{name}: it is ready and waits for a sender to take it")
    if (width := at_work.widths.get(standing.host)) is not None:
        sentence = (
            f"{name}: {standing.host} has closed or refused connections; all its accounts together use "
            f"{counted(max(int(width.width), 1), 'connection')} now, more with each message that it takes"
        )
        return _cause(campaign, standing, "server_narrow", sentence)
    if doing.campaigns > 1:
        sentence = f"{name}: it sends {counted(doing.campaigns, 'campaign')} in turn"
        return _cause(campaign, standing, "account_shared", sentence)
    return None


def _is_slower(rate: float, standing: AccountStanding) -> bool:
    return standing.rate_per_minute <= 0 or rate < standing.rate_per_minute


def _silent_sender(
    campaign: str | None, standing: AccountStanding, holder: LivingSender | None, at_work: AtWork, now: float
) -> Cause:
    if holder is None:
        sentence = f"{standing.name}: its sender is gone; another one takes the account back within a few seconds"
        return _cause(campaign, standing, "sender_silent", sentence)
    until = holder.lease_until + at_work.lease_margin_seconds
    sentence = (
        f"{standing.name}: its sender has given no sign of life; others may take the account from "
        f"{at_words(until, standing.limits.timezone, now)} on"
    )
    return _cause(campaign, standing, "sender_silent", sentence, until)


def _pace(campaign: str | None, standing: AccountStanding, doing: Doing, zone: ZoneInfo, now: float) -> Cause:
    sentence = f"{standing.name}: its pace is {counted(standing.rate_per_minute, 'message')} a minute"
    if doing.next_at > now + 1:
        return _cause(
            campaign,
            standing,
            "account_pace",
            f"{sentence}, next message {at_words(doing.next_at, zone, now)}",
            doing.next_at,
        )
    return _cause(campaign, standing, "account_pace", sentence)


def _cause(
    campaign: str | None, standing: AccountStanding, cause: str, sentence: str, until: float | None = None
) -> Cause:
    return Cause(campaign=campaign, account=standing.name, cause=cause, sentence=sentence, until=until)
