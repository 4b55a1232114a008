"""Even spacing: when the next message of an account or a campaign may begin. Only arithmetic."""

from __future__ import annotations

CLAIM_AHEAD_SECONDS = 2.0
"""How far a claim reaches into a campaign's pace."""

_CATCH_UP_SECONDS = 0.1
_JITTER = 0.1


def interval_seconds(rate_per_minute: float) -> float:
    """Seconds between two messages; 0 when there is no pace."""
    return 60.0 / rate_per_minute if rate_per_minute > 0 else 0.0


def slot(next_at: float, now: float, interval: float) -> float:
    """The grid point of the next message.

    A worker that wakes a moment late keeps the grid (so that the rate is exact); one that comes back after a pause
    starts a new grid at ``now`` (so that nothing is caught up in a burst).
    """
    return max(next_at, now - max(_CATCH_UP_SECONDS, interval * _JITTER))


def begin_at(grid_point: float, interval: float, jitter: float) -> float:
    """When a message begins: up to a tenth of the interval after its grid point; ``jitter`` in [0, 1)."""
    return grid_point + interval * _JITTER * jitter
