"""Alarms about phone numbers: the numbers stop until a person has looked, and their campaigns with them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignMove
from paceline.store.database import sql
from paceline.store.queue import accounts, campaigns, whatsapp_numbers


def sound(connection: Connection, account_ids: Iterable[int], *, reason: str, now: float) -> None:
    """These numbers are broken, and every campaign that could go on through one of them stops for a person."""
    for account_id in sorted(set(account_ids)):
        break_number(connection, account_id, reason=reason, now=now)
        rows = connection.execute(
            sql("SELECT campaign_id FROM campaign_accounts WHERE account_id = :id AND active = 1"), {"id": account_id}
        )
        for (campaign_id,) in rows.all():
            campaigns.move(connection, campaign_id, CampaignMove.ALARM, now=now, reason=reason)


def break_number(connection: Connection, account_id: int, *, reason: str, now: float) -> None:
    """This number stops until a person has looked; its campaigns go on through their others."""
    statement = sql("SELECT state FROM accounts WHERE id = :id")
    if connection.execute(statement, {"id": account_id}).scalar_one() not in ("broken", "disabled"):
        accounts.condemn(connection, account_id, reason=reason, now=now)


def sound_for_siblings(connection: Connection, account_id: int, *, reason: str, now: float) -> None:
    """The other numbers of the same business account; where that is not known, nothing."""
    workspace_id = accounts.workspace_of(connection, account_id)
    numbers = whatsapp_numbers.of_workspace(connection, workspace_id)
    business = next((n.business_account for n in numbers if n.account_id == account_id), "")
    siblings = [
        n.account_id for n in numbers if business and n.business_account == business and n.account_id != account_id
    ]
    sound(connection, siblings, reason=reason, now=now)
