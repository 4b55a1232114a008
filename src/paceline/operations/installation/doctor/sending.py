"""Checks of the work itself: senders, the background process, campaigns that should send and do not, true counters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from paceline.chores.limit_resumer import blocks_on
from paceline.clock import iso
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.wording import counted
from paceline.engine.explain.cause import Cause
from paceline.engine.explain.explain import Surroundings, explain
from paceline.engine.process_identity import is_surely_dead
from paceline.operations.installation.doctor.finding import Finding, failed, fine, warning
from paceline.operations.installation.doctor.surroundings import time_in_use
from paceline.settings import Settings
from paceline.store import leaderships
from paceline.store.catalogue import statistics as catalogue_statistics
from paceline.store.database import Database
from paceline.store.queue import (
    accounts as stored_accounts,
    campaign_work,
    campaigns as stored_campaigns,
    chore_failures,
    senders as stored_senders,
    statistics as queue_statistics,
)
from paceline.store.queue.senders import SenderRow

_MOST_CAMPAIGNS = 20
_MOST_MESSAGES = 200_000
_SILENT_SECONDS = 120.0
_TROUBLE = frozenset({"no_sender", "no_account", "account_broken", "paused_health", "clock"})


def senders(database: Database, settings: Settings) -> Iterator[Finding]:
    """Who sends, and since when nothing was heard of it."""
    now = time_in_use(database)[0].now()
    with database.read() as connection:
        on_record = stored_senders.living(connection)
    dead = [one for one in on_record if one.lease_until < now or is_surely_dead(one.process)]
    alive = [one for one in on_record if one not in dead]
    held = sum(len(one.account_ids) for one in alive)
    if dead:
        lost = sum(len(one.account_ids) for one in dead)
        sentence = f"{counted(len(dead), 'sender')} died or went silent, holding {counted(lost, 'account')}"
        cure = (
            "a living `paceline send`, `paceline sender` or `paceline serve` takes them back by itself within a minute"
        )
        yield warning("senders", sentence, cure)
    elif alive:
        ages = [max(0.0, now - (one.lease_until - settings.lease_seconds)) for one in alive]
        heard = f"the last sign of life of each is at most {max(ages):.0f} s old"
        yield fine("senders", f"{counted(len(alive), 'sender')} at work, holding {counted(held, 'account')}; {heard}")
    else:
        yield fine("senders", "no sender is at work")


def accounts(database: Database, settings: Settings) -> Iterator[Finding]:
    """Accounts that need a person, or whose providers push back."""
    with database.read() as connection:
        standings = stored_accounts.standings(connection)
    broken = [one for one in standings if one.state is AccountState.BROKEN]
    resting = [one for one in standings if one.state is AccountState.BACKING_OFF]
    sentence = f"{counted(len(standings), 'account')}, {len(broken)} broken, {len(resting)} backing off"
    if broken:
        named = "; ".join(f"{one.name}: {one.reason}" for one in broken[:5])
        yield warning("accounts", f"{sentence}: {named}", "mend them, then `paceline accounts enable NAME`")
    elif resting and len(resting) * 2 > len(standings):
        named = "; ".join(f"{one.name}: {one.reason}" for one in resting[:3])
        cure = "their servers are unreachable or slow you down; they are tried again by themselves"
        yield warning("accounts", f"{sentence}: {named}", cure)
    else:
        yield fine("accounts", sentence)


def campaigns(database: Database, settings: Settings) -> Iterator[Finding]:
    """Campaigns that should send and do not, with the reasons that `paceline explain` gives."""
    own_clock, _ = time_in_use(database)
    now = own_clock.now()
    with database.read() as connection:
        wanted = campaign_work.not_ended(connection, limit=_MOST_CAMPAIGNS)
        alive = [one for one in stored_senders.living(connection) if _is_alive(one, now)]
    surroundings = Surroundings(senders_alive=len(alive), clock_jump_seconds=own_clock.jump_seconds())
    found = [sentence for campaign in wanted for sentence in _troubles(database, campaign, surroundings, now)]
    if found:
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        cure = "`paceline explain KEY` says everything about one of them"
        yield warning("campaigns", "; ".join(found[:5]) + more, cure)
    else:
        yield fine("campaigns", f"{counted(len(wanted), 'campaign')} under way, none held up by a fault")


def _troubles(database: Database, campaign_id: int, surroundings: Surroundings, now: float) -> Iterator[str]:
    with database.read() as connection:
        progress = stored_campaigns.progress(connection, campaign_id)
        standings = stored_accounts.standings(connection, campaign_id=campaign_id)
        has_work = campaign_work.has_work(connection, campaign_id, now=now)
        blocks = blocks_on(connection, progress.campaign, now=now)
    causes = explain(progress, standings, replace(surroundings, blocks=blocks), now)
    key, held_up = progress.campaign.key, [cause for cause in causes if cause.cause in _TROUBLE]
    yield from (_said(cause) for cause in held_up)
    running = progress.campaign.status is CampaignStatus.RUNNING
    silent = now - progress.updated_at > _SILENT_SECONDS
    if running and has_work and silent and "standstill" in {cause.cause for cause in causes}:
        minutes = (now - progress.updated_at) / 60
        yield f"{key}: nothing holds it back, and for {minutes:.0f} minutes nothing has been sent: look at the sender's log"


def _said(cause: Cause) -> str:
    return f"{cause.campaign}: {cause.sentence}"


def _is_alive(sender: SenderRow, now: float) -> bool:
    return sender.lease_until > now and not is_surely_dead(sender.process)


def counters(database: Database, settings: Settings) -> Iterator[Finding]:
    """Whether what people see agrees with the messages; large campaigns are left out, counting them takes long."""
    with database.read() as connection:
        newest = campaign_work.newest(connection, limit=_MOST_CAMPAIGNS)
    wrong, counted_through = [], 0
    for campaign_id, key in newest:
        with database.read() as connection:
            total = stored_campaigns.progress(connection, campaign_id).total
        if total > _MOST_MESSAGES:
            continue
        with database.read() as connection:
            messages, kept = queue_statistics.counted_and_kept(connection, campaign_id)
        counted_through += 1
        if messages != kept:
            wrong.append(key)
    if wrong:
        sentence = f"the counters of {', '.join(wrong)} do not agree with the messages"
        yield failed("counters", sentence, "please report this with the output of `paceline status KEY --json`")
        return
    left_out = len(newest) - counted_through
    more = f"; {left_out} are too large to be counted here" if left_out else ""
    yield fine("counters", f"the counters of {counted(counted_through, 'campaign')} agree with their messages{more}")


def background(queue: Database, catalogue: Database, settings: Settings) -> Iterator[Finding]:
    """Whether somebody does the work that is nobody's: schedules, imports, notifications, pruning."""
    now = time_in_use(queue)[0].now()
    with catalogue.read() as connection:
        leaders = leaderships.every(connection, leaderships.CATALOGUE)
        imports = sum(catalogue_statistics.imports_under_way(connection).values())
        notifications = catalogue_statistics.notifications_waiting(connection)
    with queue.read() as connection:
        failing = chore_failures.every(connection)
        scheduled = queue_statistics.campaigns_by_status(connection).get(CampaignStatus.SCHEDULED, 0)
    at_work = any(leader.until_at > now for leader in leaders)
    waiting = [
        words
        for number, words in (
            (scheduled, counted(scheduled, "scheduled campaign")),
            (imports, counted(imports, "import")),
            (notifications, counted(notifications, "notification")),
        )
        if number
    ]
    if failing:
        named = "; ".join(f"{one.name} has failed {counted(one.failures, 'time')}: {one.reason}" for one in failing[:5])
        yield warning("background", named, "it is tried again by itself; the log of `paceline serve` says more")
    elif at_work:
        yield fine("background", "the background process is at work, and nothing of it fails")
    elif waiting:
        sentence = f"no background process is at work, and {', '.join(waiting)} wait for one"
        yield warning("background", sentence, "run `paceline serve`")
    else:
        yield fine("background", "no background process is at work, and nothing waits for one")


def recurring_work(database: Database, settings: Settings) -> Iterator[Finding]:
    """Chores that fail now."""
    with database.read() as connection:
        failures = chore_failures.every(connection)
    if not failures:
        yield fine("recurring work", "no chore fails")
    for one in failures:
        sentence = (
            f"{one.name} has failed {counted(one.failures, 'time')} in a row since {iso(one.since_at)}: {one.reason}"
        )
        yield failed("recurring work", sentence, "the log of the background process has the details")
