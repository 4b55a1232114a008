"""Which shares of bad news about a WhatsApp campaign's last messages stop it, each with its evidence as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WINDOW = 200
"""So many of a campaign's last messages are looked at."""

_LEAST = 50


class Ending(StrEnum):
    """What became of a message; one letter each, as a campaign's last ones are stored."""

    DELIVERED = "d"
    TOO_MUCH_MARKETING = "m"  # 131049: kept from the recipient by the provider
    UNDELIVERABLE = "u"  # 131026
    OPTED_OUT = "s"  # 131050, or a person has answered STOP
    FAILED = "f"  # anything else


@dataclass(frozen=True, slots=True)
class _Rule:
    ending: Ending
    share: float
    words: str


_RULES = (
    _Rule(
        Ending.TOO_MUCH_MARKETING, 0.10, "were kept from their recipients by the provider (131049: too much marketing)"
    ),
    _Rule(
        Ending.UNDELIVERABLE, 0.15, "could not be delivered (131026): the list holds numbers that are not on WhatsApp"
    ),
    _Rule(Ending.OPTED_OUT, 0.02, "were answered with a wish for no more messages"),
)


def with_endings(recent: str, endings: str) -> str:
    """A campaign's last messages with newer ones at the end."""
    return (recent + endings)[-WINDOW:]


def alarm(recent: str) -> str | None:
    """Why the campaign must stop for a person; None when all is well, or too little is known."""
    if len(recent) < _LEAST:
        return None
    for rule in _RULES:
        count = recent.count(rule.ending)
        if count >= rule.share * len(recent):
            return f"{count} of the last {len(recent)} messages {rule.words}; {rule.share:.0%} are too many"
    return None
