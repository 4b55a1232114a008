"""Rows as the queue gives them, for rules that need no database."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from paceline.domain.account import AccountState, Limits
from paceline.domain.campaign import CampaignKind, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.store.queue.accounts import AccountStanding
from paceline.store.queue.campaigns import CampaignRow


def campaign_row(*, status: CampaignStatus, **changes: Any) -> CampaignRow:
    """A campaign from a file with the key "spring"; what is not said is empty."""
    values: dict[str, Any] = dict.fromkeys((item.name for item in fields(CampaignRow)), None)
    values |= {"id": 1, "workspace_id": 1, "key": "spring", "name": "spring", "channel": "email", "content": "{}"}
    values |= {"audience": "{}", "message_id_domain": "example.com", "rate_per_minute": 0.0, "launch_cursor": 0}
    values |= {"refused": 0, "updated_at": 0.0, "created_at": 0.0, "late_start": LateStart.ASK}
    return CampaignRow(**{**values, "status": status, "kind": CampaignKind.FILE, "pacing": CampaignPacing(), **changes})


def standing_row(**changes: Any) -> AccountStanding:
    """An account that is ready; what is not said is empty."""
    values: dict[str, Any] = dict.fromkeys((item.name for item in fields(AccountStanding)), None)
    values |= {"id": 1, "name": "relay", "identity": "mail.example.com:25:", "state": AccountState.READY, "failures": 0}
    values |= {"revision": 1, "lease": 1, "open_intents": 0, "limits": Limits(), "rate_per_minute": 0.0, "tags": ()}
    values |= {"max_connections": 1, "largest_campaign": 0, "workspace_id": 1, "host": "mail.example.com"}
    return AccountStanding(**{**values, **changes})
