"""The pace of a campaign file: its [window] and its choice of account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.sending_window import SendingWindow
from paceline.operations.campaign_file.campaign_fields import WINDOW, read_section
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.toml_document import Document


def read_pacing(document: Document, values: Mapping[str, Any]) -> CampaignPacing:
    """When the campaign may send, and through which of its accounts; ``values`` are those of the top of the file."""
    table = document.table.get("window")
    choice = {"account_choice": values["account_choice"]} if "account_choice" in values else {}
    if table is None:
        return CampaignPacing(**choice)
    if not isinstance(table, dict):
        document.refuse(("window",), f"accepts a table [window], got {shown(table)}")
        return CampaignPacing(**choice)
    found = read_section(document, ("window",), table, WINDOW)
    if len(found) < len(WINDOW.fields):
        return CampaignPacing(**choice)
    window = SendingWindow(**{**found, "timezone": found["timezone"] or ZoneInfo("UTC")})
    if window == SendingWindow():
        document.refuse(("window",), "it limits nothing; write days, hours, holidays or not_before, or leave it out")
    return CampaignPacing(window=window, **choice)
