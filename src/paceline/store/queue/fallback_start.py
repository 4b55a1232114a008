"""The start of a draft with a second channel: what it says there becomes a campaign of its own, which takes over from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignMove
from paceline.domain.retry_policy import RetryPolicy, usual_retries
from paceline.store.database import sql
from paceline.store.queue import accounts, campaigns, fallbacks
from paceline.store.queue.campaigns import NewCampaign


def split(connection: Connection, campaign_id: int, *, now: float) -> int | None:
    """Make the second campaign of one that has just been started, and start it; None where it has none, or has it already.

    Its key is that of the first with the channel behind it, and a number where that is taken. Of the first one's accounts
    it takes those of its channel. Both wait for nobody: contacts come to it as the first cannot reach them.
    """
    first = campaigns.get(connection, campaign_id)
    stored = json.loads(first.content)
    second = stored.pop("fallback", None)
    if second is None:
        return None
    connection.execute(
        sql("UPDATE campaigns SET content = :content WHERE id = :id"),
        {"content": json.dumps(stored), "id": campaign_id},
    )
    retries = RetryPolicy(max_attempts=first.max_attempts, retry_delay_seconds=first.retry_delay_seconds)
    if retries == usual_retries(first.channel):
        retries = usual_retries(second["channel"])
    new = NewCampaign(
        workspace_id=first.workspace_id,
        key="",
        name=f"{first.name} ({second['channel']})"[:200],
        channel=second["channel"],
        content="",
        audience=json.dumps({**_NOBODY, **_country(first.audience)}),
        message_id_domain=second["message_id_domain"],
        rate_per_minute=first.rate_per_minute,
        max_attempts=retries.max_attempts,
        retry_delay_seconds=retries.retry_delay_seconds,
        weight=first.weight,
        pacing=first.pacing,
        kind=first.kind,
        created_by=first.created_by,
    )
    number = None
    for place in range(1, _MOST_KEYS):
        key = f"{first.key[:80]}.{second['channel']}" + (f"-{place}" if place > 1 else "")
        content = {**second["content"], "campaign_key": key}
        number = campaigns.create(connection, replace(new, key=key, content=json.dumps(content)), now=now)
        if number is not None:
            break
    assert number is not None
    own, others = _accounts(connection, campaign_id, second["channel"])
    accounts.attach(connection, campaign_id, others)
    accounts.attach(connection, number, own)
    fallbacks.pair(connection, campaign_id, number)
    campaigns.move(connection, number, CampaignMove.START, now=now)
    return number


_MOST_KEYS = 1000
_NOBODY: dict[str, Any] = {"lists": [], "segment": None, "exclude_lists": [], "exclude_segment": None}


def _country(audience: str) -> dict[str, str]:
    country = json.loads(audience).get("default_country")
    return {"default_country": country} if country else {}


def _accounts(connection: Connection, campaign_id: int, channel: str) -> tuple[list[int], list[int]]:
    """The accounts of a campaign on this channel, and the others, each in its order."""
    rows = connection.execute(
        sql(
            "SELECT a.id, a.channel FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
            "WHERE ca.campaign_id = :id AND ca.active = 1 ORDER BY ca.position"
        ),
        {"id": campaign_id},
    ).all()
    return [row.id for row in rows if row.channel == channel], [row.id for row in rows if row.channel != channel]
