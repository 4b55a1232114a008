"""A worker's own doors (row E1): its controller prepares, starts, stops, asks about and removes campaigns here."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from paceline.api.routing import Access, Routes
from paceline.remote.lent_campaigns import LentCampaigns
from paceline.remote.protocol import (
    LARGEST_BODY_BYTES,
    BegunAnew,
    CampaignReport,
    Initialize,
    PauseOrder,
    Removed,
    StartOrder,
    StopOrder,
    Suppressions,
    SuppressionsTaken,
)
from paceline.remote.unwanted import Unwanted

routes = Routes(tag="worker", prefix="/api")


def _lent(request: Request) -> LentCampaigns:
    lent: LentCampaigns = request.app.state.lent
    return lent


Lent = Annotated[LentCampaigns, Depends(_lent)]


@routes.post("/campaign/{campaign_id}/initialize", permission=Access.PEER, body_limit_bytes=LARGEST_BODY_BYTES)
def initialize_campaign(lent: Lent, campaign_id: str, order: Initialize) -> CampaignReport:
    """Prepare a campaign, or bring a part of its recipients; the same revision again changes nothing.

    A higher revision replaces what has not started; after the start it is refused (409).
    """
    return lent.initialize(campaign_id, order)


@routes.post("/campaign/{campaign_id}/start", permission=Access.PEER)
def start_lent_campaign(lent: Lent, campaign_id: str, order: StartOrder) -> CampaignReport:
    """Start a campaign that was initialized with this revision; one that has started stays as it is."""
    return lent.start(campaign_id, order.revision)


@routes.post("/campaign/{campaign_id}/stop", permission=Access.PEER)
def stop_lent_campaign(lent: Lent, campaign_id: str, order: StopOrder | None = None) -> CampaignReport:
    """End a campaign: what was not sent is cancelled, or with `release` given back."""
    return lent.stop(campaign_id, release=order is not None and order.release)


@routes.post("/campaign/{campaign_id}/pause", permission=Access.PEER)
def pause_lent_campaign(lent: Lent, campaign_id: str, order: PauseOrder | None = None) -> CampaignReport:
    """Hold a campaign."""
    return lent.pause(campaign_id, "" if order is None else order.reason)


@routes.post("/campaign/{campaign_id}/resume", permission=Access.PEER)
def resume_lent_campaign(lent: Lent, campaign_id: str) -> CampaignReport:
    """Let a campaign go on that was held."""
    return lent.resume(campaign_id)


@routes.get("/campaign/{campaign_id}/status", permission=Access.PEER)
def read_lent_campaign(lent: Lent, campaign_id: str) -> CampaignReport:
    """How a campaign stands, with its counts."""
    return lent.report(campaign_id)


@routes.delete("/campaign/{campaign_id}", permission=Access.PEER, answers=True)
def remove_lent_campaign(lent: Lent, campaign_id: str) -> Removed:
    """Remove a campaign with its data, as soon as everything that happened to it is acknowledged."""
    return lent.remove(campaign_id)


@routes.post("/begin-anew", permission=Access.PEER)
def begin_lent_anew(lent: Lent) -> BegunAnew:
    """End a halt: what is here ends unsent, and the controller gives this worker everything anew."""
    return lent.begin_anew()


@routes.post("/suppressions", permission=Access.PEER, body_limit_bytes=LARGEST_BODY_BYTES)
def take_suppressions(request: Request, order: Suppressions) -> SuppressionsTaken:
    """Suppress addresses, let them in again, withhold single messages, erase people: it holds from the next message on."""
    unwanted: Unwanted = request.app.state.unwanted
    return unwanted.take(order)
