"""A campaign file with two channels, read as two: each with its own content and accounts, everything else in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paceline.operations.campaign_file.campaign_accounts import channel_of
from paceline.operations.campaign_file.toml_document import Document, Lines
from paceline.operations.campaign_file.toml_lines import TomlPath

_CONTENT_OF = {"email": ("content", "tracking"), "whatsapp": ("templates", "default_country")}


def only_of(document: Document, channel: str, *, key_suffix: str) -> Document:
    """What a file says of one of its channels; lines are those of the file."""
    others = [name for other, names in _CONTENT_OF.items() if other != channel for name in names]
    table = {name: value for name, value in document.table.items() if name not in (*others, "fallback")}
    table["channel"] = channel
    if key_suffix and isinstance(table.get("key"), str):
        table["key"] = f"{table['key']}{key_suffix}"
    accounts, places = _accounts_of(document.table.get("accounts"), channel)
    if accounts is not None:
        table["accounts"] = accounts
    return Document(document.path, table, _Places(document, places))


def _accounts_of(accounts: object, channel: str) -> tuple[list[dict[str, Any]] | None, list[int]]:
    """The tables of a channel's accounts and their places in the file; an account is of e-mail unless it says otherwise."""
    if not isinstance(accounts, list) or not all(isinstance(one, dict) for one in accounts):
        return None, []
    places = [place for place, one in enumerate(accounts) if channel_of(one) == channel]
    return [accounts[place] for place in places], places


class _Places:
    """Where the fields of one channel stand in the file of both."""

    def __init__(self, lines: Lines, places: Sequence[int]) -> None:
        self._lines = lines
        self._places = places

    def line_of(self, path: TomlPath) -> int:
        """The line in the file."""
        if len(path) > 1 and path[0] == "accounts" and isinstance(path[1], int) and path[1] < len(self._places):
            path = ("accounts", self._places[path[1]], *path[2:])
        return self._lines.line_of(path)
