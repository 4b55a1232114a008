"""What a provider's answer stops beyond the account that got it: campaigns, sibling accounts, templates."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.domain.account import Account
from paceline.domain.campaign import CampaignMove
from paceline.domain.outcome import AccountTrouble, TemplateStop
from paceline.store.queue import accounts, campaign_work, campaigns, template_stops, whatsapp_alarms


def sound(connection: Connection, account: Account, trouble: AccountTrouble, *, own: int | None, now: float) -> None:
    """Going on would do harm: every campaign of this account that a sender serves stops for a person.

    Where the trouble is shared, so do the accounts that belong together with it, and their campaigns. ``own`` is the only
    campaign that the sender serves, None: everybody's.
    """
    reason = f"{account.name}: {trouble.reason}"
    if trouble.is_shared:
        whatsapp_alarms.sound_for_siblings(connection, account.id, reason=reason, now=now)
    for campaign_id in campaign_work.attended(connection, [account.id], own=own)[account.id]:
        campaigns.move(connection, campaign_id, CampaignMove.ALARM, now=now, reason=reason)


def stop_campaign(connection: Connection, campaign_id: int, reason: str, *, now: float) -> None:
    """A campaign cannot be sent as it stands; it waits for a person."""
    campaigns.move(connection, campaign_id, CampaignMove.ALARM, now=now, reason=reason)


def pause_everything(connection: Connection, reason: str, *, now: float) -> None:
    """The store cannot be trusted: what was sent may not be on record, so a person must look."""
    why = f"{reason}; messages may be sent again, so a person must resume it"
    for campaign_id in campaign_work.running(connection):
        campaigns.move(connection, campaign_id, CampaignMove.PAUSE, now=now, reason=why)


def stop_template(connection: Connection, account_id: int, template: str, stop: TemplateStop, *, now: float) -> None:
    """A template cannot be sent any more; its contacts wait, in every campaign."""
    template_stops.stop(
        connection,
        template,
        workspace_id=accounts.workspace_of(connection, account_id),
        reason=stop.reason,
        until_at=None if stop.seconds is None else now + stop.seconds,
        now=now,
    )
