"""What has changed lately in a workspace: campaigns with their progress, and the standing of accounts."""

from __future__ import annotations

from typing import Any

from paceline.clock import iso
from paceline.operations.context import Context
from paceline.operations.summary import effective_state
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns
from paceline.store.queue.campaigns import Progress


def campaigns_changed(context: Context, since: float, *, active_too: bool = False) -> dict[str, dict[str, Any]]:
    """Public id -> progress of every campaign that changed at this instant or later; it costs the same at any size.

    ``active_too``: and of all that are under way.
    """
    with context.queue.read() as connection:
        changed = campaigns.changed(connection, workspace_id=context.workspace_id, since=since, active_too=active_too)
    return {
        context.ids.encode(IdKind.CAMPAIGN, progress.campaign.id): _progress(context, progress) for progress in changed
    }


def account_states(context: Context) -> dict[str, dict[str, Any]]:
    """Public id -> state of every account."""
    now = context.clock.now()
    with context.queue.read() as connection:
        standings = accounts.standings(connection, workspace_id=context.workspace_id)
    states = {}
    for standing in standings:
        state, reason, until = effective_state(standing, now)
        public_id = context.ids.encode(IdKind.ACCOUNT, standing.id)
        states[public_id] = {
            "id": public_id,
            "name": standing.name,
            "state": str(state),
            "reason": reason,
            "resumes_at": iso(until),
        }
    return states


def _progress(context: Context, progress: Progress) -> dict[str, Any]:
    campaign = progress.campaign
    return {
        "id": context.ids.encode(IdKind.CAMPAIGN, campaign.id),
        "key": campaign.key,
        "name": campaign.name,
        "status": str(campaign.status),
        "total": progress.total,
        **progress.counts,
        "refused": campaign.refused,
        "delivered": progress.delivered,
        "read": progress.read,
        "bounced": progress.bounced,
        "pause_reason": campaign.pause_reason,
        "resumes_at": iso(campaign.resumes_at),
        "started_at": iso(campaign.started_at),
        "finished_at": iso(campaign.finished_at),
        "updated_at": iso(progress.updated_at),
    }
