"""The one clock of a process: the last stored time plus the boot clock's progress.

The system's wall clock may jump, and a jump must not open a window of allowance. So the wall clock is asked once, and
afterwards only followed as slowly as a time server would turn it. An unexplained jump is kept for people to see.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_TOLERANCE_SECONDS = 2.0
_SLEW = 0.0005


boot_seconds = partial(time.clock_gettime, _BOOT_CLOCK)
"""Seconds since the machine started, suspended time included (CLOCK_BOOTTIME; monotonic where there is none)."""


def boot_id() -> str:
    """Which start of the machine this is; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def iso(at: float | None) -> str | None:
    """An instant as people and programs read it: UTC with Z, whole seconds; None stays None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A time that was in use, and the boot clock (with the boot's id) that went with it."""

    at: float
    boot: float
    boot_id: str


class SteadyClock:
    """Time that never goes back and never jumps ahead."""

    def __init__(
        self,
        stored: Reading | None = None,
        *,
        wall: Callable[[], float] = time.time,
        boot: Callable[[], float] = boot_seconds,
        this_boot: str | None = None,
    ) -> None:
        """``stored`` is the last reading that was kept; within the same boot it rules, after a restart it is a floor."""
        self._wall = wall
        self.boot = boot
        self._boot_id = boot_id() if this_boot is None else this_boot
        self._base_boot = boot()
        self._base = self._start(stored)

    def now(self) -> float:
        """UTC seconds since the epoch."""
        return self._base + self.boot() - self._base_boot

    def jump_seconds(self) -> float:
        """How far the wall clock is ahead of this one (behind: negative); 0 while they agree."""
        ahead = self._wall() - self.now()
        return ahead if abs(ahead) > _TOLERANCE_SECONDS else 0.0

    def follow(self) -> None:
        """Turn towards the wall clock, by at most half a millisecond per second since the last call."""
        boot = self.boot()
        elapsed = boot - self._base_boot
        now = self._base + elapsed
        ahead = self._wall() - now
        if abs(ahead) <= _TOLERANCE_SECONDS:
            now += max(-elapsed * _SLEW, min(ahead, elapsed * _SLEW))
        self._base, self._base_boot = now, boot

    def reading(self) -> Reading:
        """What to store, so that the next process goes on from here."""
        boot = self.boot()
        return Reading(at=self._base + boot - self._base_boot, boot=boot, boot_id=self._boot_id)

    def _start(self, stored: Reading | None) -> float:
        wall = self._wall()
        if stored is None:
            return wall
        if stored.boot_id and stored.boot_id == self._boot_id and self._base_boot >= stored.boot:
            expected = stored.at + self._base_boot - stored.boot
            return expected if abs(wall - expected) > _TOLERANCE_SECONDS else max(wall, stored.at)
        return max(wall, stored.at)
