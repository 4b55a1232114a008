"""Texts of providers, made safe to store and to show."""

from __future__ import annotations

LONGEST_TEXT = 500


def printable(text: str) -> str:
    """Printable characters only, one line, at most 500 characters."""
    if len(text) <= LONGEST_TEXT and text.isprintable() and "  " not in text:
        return text.strip()
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:LONGEST_TEXT]
