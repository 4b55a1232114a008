"""Why nothing, or not more, is being sent: for one campaign, or for all that have not ended."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.content.whatsapp import templates_of
from paceline.domain.campaign import ENDED
from paceline.engine.explain import Cause, StoppedTemplate, Surroundings, explain as explain_one
from paceline.engine.process_identity import is_surely_dead
from paceline.operations.context import Context
from paceline.operations.workers import waiting
from paceline.store.queue import accounts, campaigns, health, parts, senders, template_stops
from paceline.store.queue.campaigns import CampaignRow

__all__ = ["Cause", "explain"]


def explain(context: Context, key: str | None) -> list[Cause]:
    """Every cause, the one with most effect first. Raises UnknownCampaign."""
    now = context.clock.now()
    if key is None:
        with context.queue.read() as connection:
            wanted = [
                c for c in campaigns.every(connection, workspace_id=context.workspace_id) if c.status not in ENDED
            ]
    else:
        wanted = [context.campaign(key)]
    causes: list[Cause] = []
    for campaign in wanted:
        with context.queue.read() as connection:
            progress = campaigns.progress(connection, campaign.id)
            standings = accounts.standings(connection, campaign_id=campaign.id)
            alive = [s for s in senders.living(connection) if not is_surely_dead(s.process) and s.lease_until > now]
            at_a_worker = waiting.causes_of(connection, campaign, now=now)
            standing = health.of_campaign(connection, campaign.id)
            surroundings = Surroundings(
                senders_alive=len(alive) + waiting.is_away(at_a_worker),  # its senders are at the worker
                clock_jump_seconds=context.clock.jump_seconds(),
                campaign_warning=standing.evidence,
                stopped_templates=_stopped_templates(connection, campaign, now),
                account_warnings=health.warned_accounts(connection, campaign.id),
            )
        here = explain_one(progress, standings, surroundings, now)
        causes += at_a_worker + [cause for cause in here if not (at_a_worker and cause.cause == "sending")]
    return causes


def _stopped_templates(connection: Connection, campaign: CampaignRow, now: float) -> list[StoppedTemplate]:
    stops = template_stops.active(connection, workspace_id=campaign.workspace_id, now=now)
    return [
        StoppedTemplate(
            template=template,
            reason=stops[template].reason,
            until=stops[template].until_at,
            waiting=parts.count_waiting(connection, campaign.id, part),
        )
        for part, template in enumerate(templates_of(campaign))
        if template in stops
    ]
