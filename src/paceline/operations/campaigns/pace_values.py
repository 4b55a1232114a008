"""The pace of a campaign as fields, by the same rules and words as in a campaign file: its window and choice of account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isinf
from pathlib import Path
from typing import Any

from paceline.domain.account_choice import AccountChoice
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.errors import InputError, Problem
from paceline.domain.sending_window import SendingWindow
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPreview:
    """When a window opens and closes next, on the campaign's clock; None: not within years."""

    is_open: bool
    opens_at: float | None
    closes_at: float | None
    minutes_a_week: int


def preview_window(values: Mapping[str, Any], now: float) -> WindowPreview:
    """What a window comes to; an empty one is always open. Raises InputError that names the field."""
    window = (_read_window(values).window if values else None) or SendingWindow()
    opens = window.opens_at(now)
    closes = None if opens is None else window.closes_at(opens)
    return WindowPreview(
        is_open=opens == now,
        opens_at=opens,
        closes_at=None if closes is None or isinf(closes) else closes,
        minutes_a_week=window.minutes_a_week(),
    )


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
