"""How a campaign stands at a worker, as its controller is told."""

from __future__ import annotations

from paceline.remote.protocol import CampaignReport, wire_status
from paceline.store.queue.campaigns import Progress
from paceline.store.queue.home import HomeCampaign


def report_of(found: HomeCampaign, progress: Progress, unreported: int, incarnation: str) -> CampaignReport:
    """``unreported`` is how many outcomes home has not acknowledged yet."""
    campaign = progress.campaign
    complete = campaign.launched_at is not None
    pause = campaign.status if str(campaign.status).startswith("paused") else None
    return CampaignReport(
        id=found.remote_id,
        incarnation=incarnation,
        revision=found.revision,
        status=wire_status(campaign.status, filling=not complete),
        pause_reason=campaign.pause_reason,
        paused_by=pause,
        resumes_at=campaign.resumes_at,
        upto=campaign.launch_cursor,
        complete=complete,
        counts=progress.counts,
        unreported=unreported,
        released=found.released,
        started_at=campaign.started_at,
        finished_at=campaign.finished_at,
    )
