"""Whose turn it is when several campaigns share an account: each gets its weight's share, and none is starved. Only arithmetic.

Start-time fair queueing: every campaign has a tag that grows by what it took divided by its weight, and the lowest is
next. One that had nothing to send comes back at the present place and catches nothing up.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Mapping


class FairShare:
    """The turns of the campaigns of one account."""

    def __init__(self) -> None:
        self.weights: dict[int, float] = {}
        """The campaigns that take part, with their weights."""
        self._tags: dict[int, float] = {}
        self._now = 0.0

    def serve(self, weights: Mapping[int, float]) -> None:
        """The campaigns that take part, with their weights (above 0). What one has had beyond its part is not forgotten."""
        self.weights = dict(weights)
        ahead = {campaign_id: tag for campaign_id, tag in self._tags.items() if tag > self._now}
        self._tags = dict.fromkeys(weights, self._now) | ahead

    def divided(self, count: int, *, without: Collection[int] = ()) -> dict[int, int]:
        """How many of the next ``count`` messages are whose, the next one's first; ``without`` those that have none.

        It moves nobody's place: that is for ``took``.
        """
        present = self.weights.keys() - set(without)
        turns = [(max(self._tags[campaign_id], self._now), campaign_id) for campaign_id in present]
        if len(turns) == 1 and count:
            return {turns[0][1]: count}
        heapq.heapify(turns)
        shares: Counter[int] = Counter()
        for _ in range(count if turns else 0):
            tag, campaign_id = turns[0]
            shares[campaign_id] += 1
            heapq.heapreplace(turns, (tag + 1 / self.weights[campaign_id], campaign_id))
        return dict(shares)

    def took(self, campaign_id: int, count: int) -> None:
        """A campaign has had its turn and took so many messages."""
        if count and campaign_id in self.weights:
            self._now = max(self._tags[campaign_id], self._now)
            self._tags[campaign_id] = self._now + count / self.weights[campaign_id]
