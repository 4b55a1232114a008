"""How many messages a campaign may have: what its workspace and its accounts say."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.store.catalogue import workspace_rules
from paceline.store.database import Database
from paceline.store.queue import launching


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeLimit:
    """The most messages, and who says so."""

    messages: int
    whose: str


def size_limits(queue: Database, catalogue: Database, campaign_id: int, *, workspace_id: int) -> list[SizeLimit]:
    """Every limit of a campaign's size; none: it may have any."""
    with catalogue.read() as connection:
        own = workspace_rules.setting(connection, "largest_campaign", workspace_id=workspace_id)
    with queue.read() as connection:
        of_accounts = launching.largest_campaigns(connection, campaign_id)
    found = [SizeLimit(messages=int(own), whose="the workspace (setting largest_campaign)")] if own else []
    return found + [
        SizeLimit(messages=most, whose=f"the account {name} (its largest_campaign)") for name, most in of_accounts
    ]
