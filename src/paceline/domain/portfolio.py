"""The limit that all phone numbers of a business portfolio share: recipients in any 24 hours."""

from __future__ import annotations

from collections.abc import Sequence

WINDOW_SECONDS = 86_400.0
_TIERS = ((250, "TIER_250"), (2_000, "TIER_2K"), (10_000, "TIER_10K"), (100_000, "TIER_100K"))


def needed_limit(recipients: int) -> str:
    """The provider's name of the smallest limit that so many recipients need."""
    return next((name for limit, name in _TIERS if recipients <= limit), "TIER_UNLIMITED")


def free_at(buckets: Sequence[tuple[float, int]], limit: int, now: float) -> float | None:
    """When less than the limit was sent in the 24 hours before; None: that is so now.

    ``buckets`` are moments and how many messages were sent then; each counts for 24 hours.
    """
    counted = sorted((at, count) for at, count in buckets if at > now - WINDOW_SECONDS)
    total = sum(count for _, count in counted)
    if total < limit:
        return None
    for at, count in counted:
        total -= count
        if total < limit:
            return at + WINDOW_SECONDS
    return now + WINDOW_SECONDS
