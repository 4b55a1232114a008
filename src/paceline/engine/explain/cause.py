"""One cause of why nothing, or not more, is sent; and the words that all causes share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from paceline.clock import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One cause: what, in a sentence, and when it ends by itself (None: it does not, or it is not known).

    ``campaign`` is None where it is about an account alone, or about the installation.
    """

    campaign: str | None
    account: str | None
    cause: str
    sentence: str
    until: float | None

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        return {
            "campaign": self.campaign,
            "account": self.account,
            "cause": self.cause,
            "sentence": self.sentence,
            "until": iso(self.until),
        }


def at_words(at: float, zone: ZoneInfo, now: float) -> str:
    """An instant as people say it: the time of day, the date where it is not today, and the zone."""
    local, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    day = "" if local.date() == today else f"{local:%Y-%m-%d} "
    return f"{day}{local:%H:%M:%S} {zone.key}" if local.second else f"{day}{local:%H:%M} {zone.key}"
