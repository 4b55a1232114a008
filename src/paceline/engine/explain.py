"""Why nothing, or not more, is being sent: the causes of one campaign, in words, the one with most effect first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from paceline.clock import iso
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause: what, in a sentence, and when it ends by itself (None: it does not, or it is not known)."""

    campaign: str
    account: str | None
    cause: str
    sentence: str
    until: float | None

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "campaign": self.campaign,
            "account": self.account,
            "cause": self.cause,
            "sentence": self.sentence,
            "until": iso(self.until),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedTemplate:
    """A template of the campaign that is not sent now, and how many contacts wait for it."""

    template: str
    reason: str
    until: float | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What else decides whether anything is sent."""

    senders_alive: int
    clock_jump_seconds: float = 0.0
    campaign_warning: str = ""
    """What is wrong with the campaign's reputation, as far as it may go on."""
    stopped_templates: Sequence[StoppedTemplate] = ()
    account_warnings: Sequence[tuple[str, str]] = ()
    """The same of accounts, with their names."""


def explain(
    progress: Progress, standings: Sequence[AccountStanding], surroundings: Surroundings, now: float
) -> list[Cause]:
    """Every cause that holds a campaign back now; one that says that it is sending when none does."""
    causes = [
        *_about_the_campaign(progress),
        *_about_senders(progress, surroundings),
        *_about_accounts(progress, standings, now),
        *_about_reputation(progress, surroundings),
        *_about_messages(progress, now),
        *_about_templates(progress, surroundings),
        *_about_the_clock(progress, surroundings),
    ]
    return causes or [_cause(progress, "sending", f"{_left(progress)}; nothing holds it back")]


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 message, 2 messages."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def at_words(at: float, zone: ZoneInfo, now: float) -> str:
    """An instant as people say it: the time of day, the date where it is not today, and the zone."""
    local, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    day = "" if local.date() == today else f"{local:%Y-%m-%d} "
    return f"{day}{local:%H:%M:%S} {zone.key}"


_ENDED = {
    CampaignStatus.COMPLETED: "it is completed",
    CampaignStatus.STOPPED: "it was stopped; what had not been sent is cancelled",
    CampaignStatus.DRAFT: "it has not been started",
}


def _about_the_campaign(progress: Progress) -> list[Cause]:
    campaign = progress.campaign
    if campaign.status in _ENDED:
        return [_cause(progress, str(campaign.status), _ENDED[campaign.status])]
    reason = campaign.pause_reason or "no reason is on record"
    if campaign.status is CampaignStatus.PAUSED:
        return [_cause(progress, "paused", f"{reason}; `paceline resume {campaign.key}` lets it go on")]
    if campaign.status is CampaignStatus.PAUSED_HEALTH:
        hint = f"mend it, then `paceline resume {campaign.key}`"
        return [_cause(progress, "paused_health", f"{reason}; {hint}")]
    if campaign.status is CampaignStatus.PAUSED_LIMITS:
        return [_cause(progress, "paused_limits", f"{reason}; it resumes by itself", until=campaign.resumes_at)]
    if campaign.rate_per_minute > 0:
        sentence = f"its pace is {campaign.rate_per_minute:g} messages a minute; {_left(progress)}"
        return [_cause(progress, "campaign_pace", sentence)]
    return []


def _about_senders(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    waiting = progress.campaign.status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS)
    if not waiting or surroundings.senders_alive:
        return []
    sentence = "no sender is at work: run `paceline send` with the campaign's file"
    return [_cause(progress, "no_sender", sentence)]


def _about_accounts(progress: Progress, standings: Sequence[AccountStanding], now: float) -> list[Cause]:
    if progress.campaign.status in _ENDED:
        return []
    if not standings:
        return [_cause(progress, "no_account", "it has no account")]
    causes = [cause for standing in standings if (cause := _about_account(progress, standing, now)) is not None]
    order = ["account_broken", "account_disabled", "account_backing_off", "account_limited", "account_pace"]
    return sorted(causes, key=lambda cause: order.index(cause.cause))


def _about_account(progress: Progress, standing: AccountStanding, now: float) -> Cause | None:
    zone, until = standing.limits.timezone, standing.until_at
    if standing.state is AccountState.BROKEN:
        sentence = f"{standing.name}: {standing.reason}; mend it, then `paceline accounts enable {standing.name}`"
        return _cause(progress, "account_broken", sentence, account=standing.name)
    if standing.state is AccountState.DISABLED:
        sentence = f"{standing.name}: switched off; `paceline accounts enable {standing.name}` switches it on"
        return _cause(progress, "account_disabled", sentence, account=standing.name)
    if standing.state is AccountState.LIMITED and until is not None and until > now:
        sentence = f"{standing.name}: {standing.reason}, next message {at_words(until, zone, now)}"
        return _cause(progress, "account_limited", sentence, account=standing.name, until=until)
    if standing.state is AccountState.BACKING_OFF and until is not None and until > now:
        sentence = f"{standing.name}: {standing.reason}; tried again {at_words(until, zone, now)}"
        return _cause(progress, "account_backing_off", sentence, account=standing.name, until=until)
    if standing.rate_per_minute > 0 and progress.campaign.status is CampaignStatus.RUNNING:
        sentence = f"{standing.name}: its pace is {standing.rate_per_minute:g} messages a minute"
        return _cause(progress, "account_pace", sentence, account=standing.name)
    return None


def _about_reputation(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    """Nothing is held back by these yet."""
    causes = []
    if surroundings.campaign_warning and progress.campaign.status not in (*_ENDED, CampaignStatus.PAUSED_HEALTH):
        sentence = f"{surroundings.campaign_warning}; it pauses if this gets worse"
        causes.append(_cause(progress, "campaign_warning", sentence))
    if progress.campaign.status not in _ENDED:
        causes += [
            _cause(progress, "account_warning", f"{name}: {evidence}; it stops if this gets worse", account=name)
            for name, evidence in surroundings.account_warnings
        ]
    return causes


def _about_messages(progress: Progress, now: float) -> list[Cause]:
    deferred, due = progress.counts["deferred"], progress.next_due_at
    causes = []
    if deferred and due is not None and progress.campaign.status not in _ENDED:
        again = "now" if due <= now else f"at {datetime.fromtimestamp(due, UTC):%H:%M:%S} UTC"
        sentence = f"{counted(deferred, 'message')} deferred by the receivers; the first is tried again {again}"
        causes.append(_cause(progress, "deferred", sentence, until=due))
    if progress.counts["uncertain"]:
        sentence = (
            f"{counted(progress.counts['uncertain'], 'message')} uncertain (handed over, no answer), not sent again "
            f"without a decision: `paceline messages {progress.campaign.key} --state uncertain` shows them, "
            f"`paceline resolve {progress.campaign.key}` decides them"
        )
        causes.append(_cause(progress, "uncertain", sentence))
    return causes


def _about_templates(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    causes = []
    for stop in surroundings.stopped_templates if progress.campaign.status not in _ENDED else ():
        until = "until the provider or a person lets it go on" if stop.until is None else "for a time"
        sentence = (
            f"the template {stop.template} is stopped {until}: {stop.reason}; {counted(stop.waiting, 'contact')} waiting, "
            f"the other templates go on; `paceline resume {progress.campaign.key}` tries it again"
        )
        causes.append(_cause(progress, "template_stopped", sentence, until=stop.until))
    return causes


def _about_the_clock(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    jump = surroundings.clock_jump_seconds
    if not jump or progress.campaign.status in _ENDED:
        return []
    ahead = "ahead of" if jump > 0 else "behind"
    sentence = (
        f"the system's clock is {abs(jump):.0f} s {ahead} the time in use: it has jumped, and a jump must not open a "
        "window of allowance; the system's time counts again after the machine's next start"
    )
    return [_cause(progress, "clock", sentence)]


def _left(progress: Progress) -> str:
    launching = "" if progress.campaign.launched_at is not None else ", the audience is still being queued"
    return f"{progress.left} of {counted(progress.total, 'message')} left{launching}"


def _cause(
    progress: Progress, cause: str, sentence: str, *, account: str | None = None, until: float | None = None
) -> Cause:
    return Cause(campaign=progress.campaign.key, account=account, cause=cause, sentence=sentence, until=until)
