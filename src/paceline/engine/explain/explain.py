"""Why nothing, or not more, is being sent: the causes of one campaign, in words, the one with most effect first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from paceline.domain.block import Block, FullLayer
from paceline.domain.campaign import CampaignKind, CampaignStatus
from paceline.domain.restraint import Restraint
from paceline.domain.wording import counted
from paceline.engine.explain.accounts import BY_EFFECT, SILENT_SECONDS, AtWork, about_account
from paceline.engine.explain.cause import Cause, at_words
from paceline.engine.explain.pace import about_pace
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import Progress


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
    """Senders that serve this campaign."""
    clock_jump_seconds: float = 0.0
    background_alive: bool = True
    """Whether a process starts scheduled campaigns and queues audiences from lists."""
    next_slot_at: float = 0.0
    """Where the campaign's own pace stands."""
    at_work: AtWork | None = None
    """None: nobody has looked at what the accounts do."""
    campaign_warning: str = ""
    """What is wrong with the campaign's reputation, as far as it may go on."""
    stopped_templates: Sequence[StoppedTemplate] = ()
    full_layers: Sequence[FullLayer] = ()
    """Limits above single accounts that are used up now and concern the campaign."""
    blocks: Sequence[Block] = ()
    """What holds the whole campaign back, or all its accounts of one server: the rules by which it pauses."""
    restraints: Sequence[Restraint] = ()
    """What reply rules hold back in the campaign's workspace."""
    account_warnings: Sequence[tuple[str, str]] = ()
    """The same of accounts, with their names."""


def explain(
    progress: Progress, standings: Sequence[AccountStanding], surroundings: Surroundings, now: float
) -> list[Cause]:
    """Every cause that holds a campaign back now; one that says that it is sending when none does.

    After a silence of 10 s there is always one that says more than that.
    """
    causes = [
        *_about_the_campaign(progress, standings, surroundings, now),
        *_about_senders(progress, surroundings),
        *_about_the_launch(progress, surroundings),
        *_about_accounts(progress, standings, surroundings, now),
        *_about_reputation(progress, surroundings),
        *about_pace(progress, surroundings.blocks, surroundings.full_layers, surroundings.restraints, now),
        *_about_messages(progress, now),
        *_about_templates(progress, surroundings),
        *_about_the_clock(progress, surroundings),
    ]
    if _is_silent(progress, now) and not any(_accounts_for_silence(cause, now) for cause in causes):
        causes.append(_unknown(progress, now))
    return causes or [_cause(progress, "sending", f"{_left(progress)}; nothing holds it back")]


_ENDED = {
    CampaignStatus.COMPLETED: "it is completed",
    CampaignStatus.STOPPED: "it was stopped; what had not been sent is cancelled",
    CampaignStatus.DRAFT: "it has not been started",
}
_NOT_BEGUN = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)


def _about_the_campaign(
    progress: Progress, standings: Sequence[AccountStanding], surroundings: Surroundings, now: float
) -> list[Cause]:
    campaign = progress.campaign
    if campaign.status is CampaignStatus.SCHEDULED:
        return [_scheduled(progress, surroundings, now)]
    if campaign.status is CampaignStatus.STOPPED and progress.left:
        sentence = f"it was stopped; {counted(progress.left, 'message')} are still being cancelled"
        return [_cause(progress, "stopped", sentence)]
    if campaign.status in _ENDED:
        missed = campaign.pause_reason if campaign.status is CampaignStatus.DRAFT else None
        return [_cause(progress, str(campaign.status), missed or _ENDED[campaign.status])]
    reason = campaign.pause_reason or "no reason is on record"
    if campaign.status is CampaignStatus.PAUSED:
        return [_cause(progress, "paused", f"{reason}; `paceline resume {campaign.key}` lets it go on")]
    if campaign.status is CampaignStatus.PAUSED_HEALTH:
        hint = f"mend it, then `paceline resume {campaign.key}`"
        return [_cause(progress, "paused_health", f"{reason}; {hint}")]
    if campaign.status is CampaignStatus.PAUSED_LIMITS:
        until = campaign.resumes_at
        moment = (
            "" if until is None else f" at {at_words(until, _zone_of(progress, standings, surroundings, until), now)}"
        )
        return [_cause(progress, "paused_limits", f"{reason}; it resumes by itself{moment}", until=until)]
    return _about_a_running_one(progress, surroundings, now)


def _zone_of(
    progress: Progress, standings: Sequence[AccountStanding], surroundings: Surroundings, until: float
) -> ZoneInfo:
    """The zone in which people think of a moment: of the limit or the window that ends then."""
    zones = [standing.limits.timezone for standing in standings if standing.until_at == until]
    zones += [one.layer.limits.timezone for one in surroundings.full_layers if one.until == until]
    window = progress.campaign.pacing.window
    zones += [] if window is None else [window.timezone]
    return next(iter((*zones, *(standing.limits.timezone for standing in standings), ZoneInfo("UTC"))))


def _scheduled(progress: Progress, surroundings: Surroundings, now: float) -> Cause:
    campaign = progress.campaign
    at = campaign.starts_at or now
    words = at_words(at, ZoneInfo(campaign.start_timezone or "UTC"), now)
    if surroundings.background_alive:
        sentence = f"it starts {words}" if at > now else f"its start at {words} has come, it begins within a second"
    else:
        sentence = f"it starts {words}, but no `paceline serve` is at work that would start it: run it"
    return _cause(progress, "scheduled", sentence, until=at)


def _about_a_running_one(progress: Progress, surroundings: Surroundings, now: float) -> list[Cause]:
    campaign = progress.campaign
    if campaign.launched_at is not None and not progress.left:
        who = "within a second" if surroundings.senders_alive else "as soon as a sender or `paceline serve` is at work"
        return [_cause(progress, "ending", f"every message has ended; it is completed {who}")]
    if campaign.rate_per_minute <= 0:
        return []
    slot = surroundings.next_slot_at
    following = f", next message {at_words(slot, ZoneInfo('UTC'), now)}" if slot > now + 1 else ""
    sentence = f"its pace is {counted(campaign.rate_per_minute, 'message')} a minute{following}; {_left(progress)}"
    return [_cause(progress, "campaign_pace", sentence, until=slot if following else None)]


def _about_senders(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    waiting = progress.campaign.status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS)
    if not waiting or surroundings.senders_alive:
        return []
    how = "run `paceline send` with the campaign's file"
    if progress.campaign.kind is not CampaignKind.FILE:
        how = "run `paceline serve` or `paceline sender`"
    return [_cause(progress, "no_sender", f"no sender is at work: {how}")]


def _about_the_launch(progress: Progress, surroundings: Surroundings) -> list[Cause]:
    """The audience is not in the queue altogether yet."""
    campaign = progress.campaign
    if campaign.launched_at is not None or campaign.status in (*_ENDED, *_NOT_BEGUN):
        return []
    so_far = f"the audience is being queued, {counted(progress.total, 'message')} so far"
    if campaign.kind is CampaignKind.FILE:
        who, how = surroundings.senders_alive > 0, "run `paceline send` with its file to queue the rest"
    else:
        who, how = surroundings.background_alive, "run `paceline serve`, which queues the rest"
    if who:
        return [_cause(progress, "launching", f"{so_far}; what is queued is sent meanwhile")]
    return [_cause(progress, "launching", f"{so_far}, and nobody goes on with it: {how}")]


def _about_accounts(
    progress: Progress, standings: Sequence[AccountStanding], surroundings: Surroundings, now: float
) -> list[Cause]:
    campaign = progress.campaign
    if campaign.status in _ENDED:
        return []
    if not standings:
        return [_cause(progress, "no_account", "it has no account")]
    is_wanted = campaign.status is CampaignStatus.RUNNING and surroundings.senders_alive > 0 and progress.left > 0
    at_work = surroundings.at_work if is_wanted else None
    found = (about_account(campaign.key, standing, at_work, now) for standing in standings)
    causes = [cause for cause in found if cause is not None]
    return sorted(causes, key=lambda cause: (BY_EFFECT.index(cause.cause), -(cause.until or 0.0)))


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
        again = "now" if due <= now else f"at {at_words(due, ZoneInfo('UTC'), now)}"
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


_SOFT = frozenset({"uncertain", "campaign_warning", "account_warning", "clock", "account_shared", "server_narrow"})
"""What is worth knowing and holds nothing back."""


def _is_silent(progress: Progress, now: float) -> bool:
    return progress.campaign.status is CampaignStatus.RUNNING and now - progress.updated_at > SILENT_SECONDS


def _accounts_for_silence(cause: Cause, now: float) -> bool:
    """Whether a cause is reason enough that nothing was sent for a while."""
    if cause.cause in ("account_pace", "campaign_pace", "deferred"):
        return cause.until is not None and cause.until > now
    return cause.cause not in _SOFT


def _unknown(progress: Progress, now: float) -> Cause:
    since = datetime.fromtimestamp(progress.updated_at, UTC)
    sentence = (
        f"nothing has happened since {since:%H:%M:%S} UTC, and nothing that is on record holds it back: `paceline doctor` "
        "examines the installation, and the log of its senders says what they do"
    )
    return _cause(progress, "standstill", sentence)


def _left(progress: Progress) -> str:
    launching = "" if progress.campaign.launched_at is not None else ", the audience is still being queued"
    return f"{progress.left:,} of {counted(progress.total, 'message')} left{launching}"


def _cause(
    progress: Progress, cause: str, sentence: str, *, account: str | None = None, until: float | None = None
) -> Cause:
    return Cause(campaign=progress.campaign.key, account=account, cause=cause, sentence=sentence, until=until)
