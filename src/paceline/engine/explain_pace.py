"""Why messages wait although accounts are free: layers that are used up, and the hours of recipients."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from paceline.domain.block import FullLayer, described
from paceline.domain.campaign import CampaignStatus
from paceline.engine.cause import Cause, at_words, counted
from paceline.store.queue.campaigns import Progress

_UTC = ZoneInfo("UTC")


def about_pace(progress: Progress, full: Sequence[FullLayer], now: float) -> list[Cause]:
    """The causes of a running campaign; one that pauses names its own."""
    campaign = progress.campaign
    if campaign.status is not CampaignStatus.RUNNING or not progress.left:
        return []
    causes = []
    for one in full:
        zone = one.layer.limits.timezone
        sentence = f"{one.reason}, next message {at_words(one.until, zone, now)}"
        causes.append(
            Cause(campaign=campaign.key, account=None, cause="layer_full", sentence=sentence, until=one.until)
        )
    window, due = campaign.pacing.window, progress.next_due_at
    if window is not None and window.by_recipient and progress.counts["queued"] and due is not None and due > now:
        sentence = (
            f"{counted(progress.counts['queued'], 'message')} queued, and whoever is left has to wait for his own hours "
            f"({described(window)}, or the recipient's zone); the next from {at_words(due, _UTC, now)}"
        )
        causes.append(Cause(campaign=campaign.key, account=None, cause="recipient_hours", sentence=sentence, until=due))
    return causes
