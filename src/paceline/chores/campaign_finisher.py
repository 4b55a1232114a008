"""Ends campaigns: completed when nothing is left to send, cancelled to the last message when stopped."""

from __future__ import annotations

from paceline.domain.campaign import ACTIVE, CampaignStatus
from paceline.store.database import Database
from paceline.store.queue import campaign_work, campaigns, messages


def finish_all(database: Database, *, now: float, thorough: bool) -> int:
    """Bring every campaign to its end whose end has come; returns how many.

    ``thorough`` also looks at campaigns that wait for a person or were stopped: seldom anything is left of those.
    """
    with database.read() as connection:
        found = campaign_work.at_their_end(connection)
        found += campaign_work.at_rest_and_unfinished(connection) if thorough else []
    for campaign_id in found:
        finish(database, campaign_id, now=now)
    return len(found)


def finish(database: Database, campaign_id: int, *, now: float) -> None:
    """Bring a campaign to its end if it has come; a second call changes nothing."""
    with database.read() as connection:
        progress = campaigns.progress(connection, campaign_id)
    status = progress.campaign.status
    if status is CampaignStatus.STOPPED and progress.left:
        messages.cancel_waiting(database, campaign_id, slot=0, now=now)
    elif status in ACTIVE and progress.campaign.launched_at is not None and not progress.left:
        with database.write() as connection:
            campaigns.complete_when_done(connection, campaign_id, now=now)
