"""Pause, resume, stop, list and decide: what a person does with a campaign that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paceline.chores import campaign_finisher
from paceline.clock import iso
from paceline.content.message_id import message_id
from paceline.content.whatsapp import templates_of
from paceline.domain.campaign import ENDED, MOVES, CampaignMove, CampaignStatus
from paceline.operations.campaigns.summary import Summary, summary_of
from paceline.operations.context import Context, NotPossible
from paceline.store.queue import accounts, campaigns, installation, messages as stored_messages, template_stops


def pause(context: Context, key: str) -> Summary:
    """Pause a campaign: once this returns nothing new is handed over anywhere. One that is paused stays so."""
    return _move(context, key, CampaignMove.PAUSE, reason="paused by a person")


def resume(context: Context, key: str) -> Summary:
    """Let a paused campaign go on; accounts that are broken get another chance. One that runs goes on running."""
    campaign = context.campaign(key)
    with context.queue.write() as connection:
        standings = accounts.standings(connection, campaign_id=campaign.id)
        accounts.retry(connection, [standing.id for standing in standings], now=context.clock.now())
        template_stops.lift(connection, templates_of(campaign), workspace_id=campaign.workspace_id)
        installation.accept_identity(context.queue, connection)
    return _move(context, key, CampaignMove.RESUME)


def stop(context: Context, key: str) -> Summary:
    """End a campaign: what has not been handed over is cancelled. A second call finishes what a first one left."""
    stopped = _move(context, key, CampaignMove.STOP)
    campaign = context.campaign(key)
    campaign_finisher.finish(context.queue, campaign.id, now=context.clock.now())
    return summary_of(context, campaign.id) if stopped.left else stopped


def messages(context: Context, key: str, *, state: str | None) -> Iterator[dict[str, Any]]:
    """Every message of a campaign, or those in one public state, in the order of the audience."""
    campaign = context.campaign(key)
    with context.queue.read() as connection:
        secret = installation.name(connection).encode()
    for row in stored_messages.listing(context.queue, campaign.id, state=state):
        yield {
            "address": row.address,
            "state": row.state,
            "account": row.account,
            "attempts": row.attempts,
            "message_id": message_id(str(row.id), domain=campaign.message_id_domain, secret=secret),
            "reply": row.reply,
            "at": iso(row.at),
        }


def resolve(context: Context, key: str, *, resend: bool) -> int:
    """Decide the uncertain messages: they count as sent, or are sent again. Returns how many were decided.

    Sending again opens a completed campaign anew. Raises NotPossible for a stopped one.
    """
    campaign = context.campaign(key)
    if resend and campaign.status is CampaignStatus.STOPPED:
        raise NotPossible(f"{key} is stopped: its messages cannot be sent again")
    now = context.clock.now()
    decided = stored_messages.resolve_uncertain(context.queue, campaign.id, resend=resend, slot=0, now=now)
    if resend and decided:
        with context.queue.write() as connection:
            campaigns.move(connection, campaign.id, CampaignMove.REOPEN, now=now)
    return decided


def _move(context: Context, key: str, what: CampaignMove, *, reason: str | None = None) -> Summary:
    """Make a person's move; being there already is fine, being elsewhere is NotPossible."""
    campaign = context.campaign(key)
    with context.queue.write() as connection:
        moved = campaigns.move(connection, campaign.id, what, now=context.clock.now(), reason=reason)
        status = campaigns.get(connection, campaign.id).status
    if not moved and status is not MOVES[what].target:
        hint = "it has ended" if status in ENDED else f"it is {status}"
        raise NotPossible(
            f"cannot {what} {key}: {hint} ({status})" if status in ENDED else f"cannot {what} {key}: {hint}"
        )
    return summary_of(context, campaign.id)
