"""Numbers in sentences."""

from __future__ import annotations


def counted(number: float, noun: str, several: str = "") -> str:
    """A number with its noun: 1 message, 2,000 messages, 0.5 messages.

    ``several`` is what stands with every other number than 1, where that is not the noun with an s.
    """
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun if number == 1 else several or noun + 's'}"
