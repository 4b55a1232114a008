"""How fast somebody may try passwords: a few attempts at once, then pauses that double, up to a quarter of an hour."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_PAUSE_SECONDS = 900.0
FORGOTTEN_AFTER_SECONDS = 3600.0  # four attempts an hour either way: waiting for this gains nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPace:
    """How many failures in a row cost nothing, for one kind of subject."""

    free: int

    def pause_seconds(self, failures: int) -> float:
        """How long to wait after this many failures in a row: 0, then 1, 2, 4 … seconds."""
        beyond = failures - self.free
        return 0.0 if beyond < 0 else min(2.0 ** min(beyond, 30), LONGEST_PAUSE_SECONDS)


ACCOUNT_PACE = LoginPace(free=5)
ADDRESS_PACE = LoginPace(free=20)  # an office may share one network address
