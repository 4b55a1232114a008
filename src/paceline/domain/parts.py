"""Campaigns in parts: messages of a part that has to wait are due at a moment that never comes, one for each part."""

from __future__ import annotations

HELD_AT = 1e15
"""Whatever is due from here on waits until it is released; real moments are a million times nearer."""


def held_at(part: int) -> float:
    """When the messages of a part are due that has to wait."""
    return HELD_AT + part
