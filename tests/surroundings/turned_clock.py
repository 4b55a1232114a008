"""A process's clock that a test can turn on."""

from __future__ import annotations

from paceline.clock import SteadyClock, boot_seconds


class TurnedClock(SteadyClock):
    """Runs like any clock, and jumps ahead when it is told to."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0
        super().__init__(boot=lambda: boot_seconds() + self.ahead_seconds)

    def turn_on(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.ahead_seconds += seconds
