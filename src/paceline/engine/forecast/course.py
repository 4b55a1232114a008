"""What is reckoned of a campaign: its pauses, its end, and who sent how much."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from paceline.engine.forecast.days import DayCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The campaign waits for allowance, from one moment to another, for the first account that has it again."""

    begins_at: float
    ends_at: float
    account: str
    reason: str
    of_campaign: bool = False
    """The reason is the campaign's own, whichever account comes first."""


@dataclass(slots=True, kw_only=True)
class Course:
    """What was reckoned. ``finish_at`` None: it never finishes by itself."""

    finish_at: float | None = None
    pauses: list[Pause] = field(default_factory=list)
    per_day: DayCounts
    per_account: list[tuple[str, int]] = field(default_factory=list)
    waits: defaultdict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    """(account, reason) -> seconds that limits held it up."""
    sending_seconds: float = 0.0
    """Of all accounts together."""
    slot_seconds: float = 0.0
    """Seconds that accounts waited for the campaign's own pace."""
    lent_seconds: float = 0.0
    """Seconds that accounts sent for other campaigns, of all accounts together."""
    alike: dict[str, int] = field(default_factory=dict)
    """For the first name of accounts that are alike: how many they are."""
