"""A database that is an older or a moved copy: what runs in it is paused, because what was sent since is not in it."""

from __future__ import annotations

from paceline.domain.campaign import CampaignMove
from paceline.operations.context import QueueContext
from paceline.store.queue import campaign_work, campaigns, installation


def pause_if_older_copy(context: QueueContext) -> tuple[str, ...]:
    """Pause every running campaign, of all workspaces, if the database is not the one that was used last.

    Returns a sentence for each. A second call finds the copy accepted and does nothing.
    """
    with context.queue.read() as connection:
        reason = installation.why_it_went_back(context.queue, connection)
        if reason is None:
            return ()
        running = [campaigns.get(connection, campaign_id) for campaign_id in campaign_work.running(connection)]
    with context.queue.write() as connection:
        for campaign in running:
            why = f"{reason}; messages sent since then may be sent again, so a person must resume it"
            campaigns.move(connection, campaign.id, CampaignMove.PAUSE, now=context.clock.now(), reason=why)
        installation.accept_identity(context.queue, connection)
    return tuple(f"{campaign.key} is paused: {reason}" for campaign in running)
