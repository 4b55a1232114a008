"""When a delivery that failed is tried again: a curve over a day and a half, stretched by chance so that none meet."""

from __future__ import annotations

_DELAYS_SECONDS = (5.0, 30.0, 120.0, 600.0, 3600.0, 18000.0, 36000.0)
_MOST_STRETCH = 0.2
_LONGEST_WISH_SECONDS = 36000.0

MOST_ATTEMPTS = len(_DELAYS_SECONDS) + 1


def delay_seconds(attempts: int, *, jitter: float, wished_seconds: float | None = None) -> float | None:
    """How long to wait after this many failed attempts; None: no more.

    ``jitter`` in [0, 1) stretches by up to a fifth; ``wished_seconds`` is what the receiver asked for (Retry-After).
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    delay = _DELAYS_SECONDS[max(attempts, 1) - 1] * (1 + _MOST_STRETCH * jitter)
    return max(delay, min(wished_seconds or 0.0, _LONGEST_WISH_SECONDS))
