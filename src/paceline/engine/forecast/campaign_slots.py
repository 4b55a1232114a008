"""The campaign's own pace: slots for its messages, which its crews take in turn."""

from __future__ import annotations

from collections import deque

from paceline.domain.pacing import CLAIM_AHEAD_SECONDS, interval_seconds, slot
from paceline.engine.forecast.crew import Crew
from paceline.engine.forecast.plan import Plan

_STEPS_OF_A_PACED_CAMPAIGN = 50_000


class CampaignSlots:
    """Where the pace stands, and who waits for a slot."""

    def __init__(self, plan: Plan) -> None:
        self.interval = interval_seconds(plan.rate_per_minute)
        """Seconds between two messages; 0 where there is no pace."""
        self.next_at = plan.next_at
        """The next slot."""
        self.bite = max(1, plan.messages // _STEPS_OF_A_PACED_CAMPAIGN)
        """How many slots a crew takes at once: one, where that is not too many steps."""
        self.waiting: deque[tuple[Crew, float]] = deque()
        """Crews, and since when each waits."""
        self.is_awaited = False
        """Whether it is known when the next slot may be claimed."""

    @property
    def opens_at(self) -> float:
        """When the next slot may be claimed."""
        return self.next_at - CLAIM_AHEAD_SECONDS

    def begin(self, now: float) -> float:
        """The slot of a message that is claimed now: nothing is caught up after a pause."""
        self.next_at = slot(self.next_at, now, self.interval)
        return self.next_at

    def take(self, messages: int) -> None:
        """So many slots are taken."""
        self.next_at += self.interval * messages
