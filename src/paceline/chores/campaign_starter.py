"""Starts scheduled campaigns at their moment. One that was missed starts late or waits for a person, as it says."""

from __future__ import annotations

import logging

from paceline.clock import iso
from paceline.domain.campaign import CampaignMove, LateStart
from paceline.store.database import Database
from paceline.store.queue import campaign_drafts, campaigns, fallback_start
from paceline.store.queue.campaigns import CampaignRow

_log = logging.getLogger("paceline.chores")

LATE_SECONDS = 60.0
"""A start is missed when its moment was longer ago than this: nothing that ran would have taken so long."""


def start_due(queue: Database, *, now: float) -> float | None:
    """Start, or hold, every campaign whose moment has come; a second call changes nothing. Returns the next moment."""
    with queue.read() as connection:
        first = campaign_drafts.next_start(connection)
        if first is None or first > now:
            return first
        due = campaign_drafts.due(connection, now=now)
    for campaign in due:
        _start(queue, campaign, now)
    with queue.read() as connection:
        return campaign_drafts.next_start(connection)


def _start(queue: Database, campaign: CampaignRow, now: float) -> None:
    assert campaign.starts_at is not None
    missed = now - campaign.starts_at > LATE_SECONDS
    with queue.write() as connection:
        if missed and campaign.late_start is LateStart.ASK:
            reason = (
                f"its start at {iso(campaign.starts_at)} was missed, Paceline was not running then; "
                "start it now, or set another time"
            )
            campaign_drafts.hold(connection, campaign.id, reason=reason, now=now)
            _log.warning("campaign %s: %s", campaign.key, reason)
        elif campaigns.move(connection, campaign.id, CampaignMove.START, now=now):
            fallback_start.split(connection, campaign.id, now=now)
            _log.info("campaign %s started, %.1f s after its moment", campaign.key, now - campaign.starts_at)
