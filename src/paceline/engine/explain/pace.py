"""Why messages wait although accounts are free: windows, layers that are used up, reply rules, the hours of recipients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from paceline.domain.block import Block, FullLayer, described
from paceline.domain.campaign import CampaignStatus
from paceline.domain.layer import BY_RECIPIENT
from paceline.domain.reply_rule import RuleScope
from paceline.domain.restraint import Restraint
from paceline.domain.wording import counted
from paceline.engine.explain.cause import Cause, at_words
from paceline.store.queue.campaigns import Progress

_UTC = ZoneInfo("UTC")
_GOING_ON = (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS)


def about_pace(
    progress: Progress, blocks: Sequence[Block], full: Sequence[FullLayer], restraints: Sequence[Restraint], now: float
) -> list[Cause]:
    """The causes of a campaign that sends or will by itself; the one by which it pauses is named already."""
    campaign = progress.campaign
    if campaign.status not in _GOING_ON or not (progress.left or campaign.launched_at is None):
        return []
    if campaign.channel != "email":  # phone numbers have no domain
        full = [one for one in full if one.layer.kind not in BY_RECIPIENT]
        restraints = [one for one in restraints if one.scope is not RuleScope.DOMAIN]
    found = [
        *_about_blocks(progress, blocks, now),
        *_about_layers(progress, full, now),
        *_about_rules(progress, restraints, now),
    ]
    if campaign.status is CampaignStatus.RUNNING:
        return [*found, *_about_recipients(progress, now)]
    return [cause for cause in found if (campaign.pause_reason or "") not in cause.sentence]


def _about_blocks(progress: Progress, blocks: Sequence[Block], now: float) -> Iterator[Cause]:
    """The campaign's window, and a reply rule that suspends it; layers are told of as they are found used up."""
    window = progress.campaign.pacing.window
    for block in blocks:
        if block.host is not None or block.cause == "layer":
            continue
        zone = _UTC if window is None else window.timezone
        name = {"window": "window_closed", "rule": "campaign_suspended"}[block.cause]
        yield _cause(progress, name, _with_moment(block.reason, block.until, zone, now), block.until)


def _about_layers(progress: Progress, full: Sequence[FullLayer], now: float) -> Iterator[Cause]:
    for one in full:
        sentence = _with_moment(one.reason, one.until, one.layer.limits.timezone, now)
        yield _cause(progress, "layer_full", sentence, one.until)


def _about_rules(progress: Progress, restraints: Sequence[Restraint], now: float) -> Iterator[Cause]:
    """What reply rules hold back besides accounts, servers and the whole campaign."""
    for one in restraints:
        if one.scope is RuleScope.DOMAIN and one.is_suspension:
            sentence = _with_moment(f"recipients at {one.target}: {one.reason}", one.until_at, _UTC, now)
            yield _cause(progress, "domain_suspended", sentence, one.until_at)
        elif one.rate_per_minute is not None and (one.scope, one.target) == (
            RuleScope.CAMPAIGN,
            str(progress.campaign.id),
        ):
            until = at_words(one.until_at, _UTC, now)
            sentence = f"{one.reason}: {counted(one.rate_per_minute, 'message')} a minute until {until}"
            yield _cause(progress, "campaign_lowered", sentence, one.until_at)


def _about_recipients(progress: Progress, now: float) -> Iterator[Cause]:
    window, due = progress.campaign.pacing.window, progress.next_due_at
    if window is not None and window.by_recipient and progress.counts["queued"] and due is not None and due > now:
        sentence = (
            f"{counted(progress.counts['queued'], 'message')} queued, and whoever is left has to wait for his own hours "
            f"({described(window)}, or the recipient's zone); the next from {at_words(due, _UTC, now)}"
        )
        yield _cause(progress, "recipient_hours", sentence, due)


def _with_moment(reason: str, until: float | None, zone: ZoneInfo, now: float) -> str:
    if until is None:
        return f"{reason}, and that does not end by itself"
    return f"{reason}, next message {at_words(until, zone, now)}"


def _cause(progress: Progress, name: str, sentence: str, until: float | None) -> Cause:
    return Cause(campaign=progress.campaign.key, account=None, cause=name, sentence=sentence, until=until)
