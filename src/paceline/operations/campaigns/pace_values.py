"""The pace of a campaign as fields, by the same rules and words as in a campaign file: its window and choice of account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from paceline.domain.account_choice import AccountChoice
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_file.campaign_pace import read_pacing
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlLines


def read_pace(values: Mapping[str, Any], before: CampaignPacing) -> CampaignPacing:
    """``before`` with the ``window`` and ``account_choice`` that are given. Raises InputError that names the field.

    An empty window takes the window away.
    """
    pacing = before
    if (given := values.get("account_choice")) is not None:
        if given not in set(AccountChoice):
            message = f"accepts {', '.join(AccountChoice)}"
            raise InputError([Problem(file="", field="account_choice", message=message)])
        pacing = replace(pacing, account_choice=AccountChoice(given))
    if (window := values.get("window")) is not None:
        pacing = replace(pacing, window=_read_window(window).window if window else None)
    return pacing


def _read_window(window: Mapping[str, Any]) -> CampaignPacing:
    given = {name: value for name, value in window.items() if value is not None}
    document = Document(Path("campaign"), {"window": given}, TomlLines(""))
    pacing = read_pacing(document, {})
    try:
        document.raise_problems()
    except InputError as error:
        raise InputError([Problem(file="", field=p.field, message=p.message) for p in error.problems]) from None
    return pacing


def shown_window(pacing: CampaignPacing) -> dict[str, Any] | None:
    """The window as people give it."""
    return None if pacing.window is None else pacing.window.to_json()
