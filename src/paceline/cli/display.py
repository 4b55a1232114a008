"""Two ways to show a campaign under way on standard error: a live panel on a terminal, plain lines everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import tzinfo
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from paceline.cli.panel import other_counts, panel, percent
from paceline.cli.words import clean, duration, moment, number, rate
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary

PLAIN_EVERY_SECONDS = 5.0


class Display(Protocol):
    """What shows progress; called from one thread."""

    def draw(self, summary: Summary) -> None:
        """Show the campaign as it is now; called several times a second."""

    def say(self, sentence: str) -> None:
        """Say one thing that happened."""

    def end(self) -> None:
        """Show what was last drawn as the last state."""


def display_on(console: Console) -> Display:
    """The display that suits where the console writes to."""
    return LiveDisplay(console) if console.is_terminal and not console.is_dumb_terminal else PlainDisplay(console)


class LiveDisplay:
    """The panel, drawn over itself; sentences scroll away above it."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.time) -> None:
        self._console = console
        self._clock = clock
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, vertical_overflow="crop")

    def draw(self, summary: Summary) -> None:
        """Draw the panel at the size that the terminal has now."""
        if not self._live.is_started:
            self._live.start()
        width, height = self._console.size
        lines = panel(summary, now=self._clock(), width=width, height=height - 1)
        self._live.update(Group(*lines), refresh=True)

    def say(self, sentence: str) -> None:
        """Print the sentence above the panel, with its time."""
        time_of_day = time.strftime("%H:%M:%S", time.localtime(self._clock()))
        self._console.print(Text.assemble(" ", (time_of_day, "dim"), " ", clean(sentence)))

    def end(self) -> None:
        """Leave the panel as it is and give the cursor back."""
        self._live.stop()


class PlainDisplay:
    """Lines with a time of day: what happened at once, the state when it changed and not more often than every 5 s."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.time, zone: tzinfo | None = None) -> None:
        self._console = console
        self._clock = clock
        self._zone = zone
        self._last_at = float("-inf")
        self._last_line = ""
        self._waiting: Summary | None = None

    def draw(self, summary: Summary) -> None:
        """Print a line if the last one is old enough and says something else."""
        self._waiting = summary
        if self._clock() - self._last_at >= PLAIN_EVERY_SECONDS:
            self._print_state()

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        self._print(clean(sentence))

    def end(self) -> None:
        """Print the last state, unless it was printed."""
        if self._waiting is not None:
            self._print_state()

    def _print_state(self) -> None:
        assert self._waiting is not None
        line = progress_line(self._waiting, now=self._clock(), zone=self._zone)
        self._waiting = None
        self._last_at = self._clock()
        if line != self._last_line:
            self._last_line = line
            self._print(line)

    def _print(self, line: str) -> None:
        time_of_day = time.strftime("%H:%M:%S", time.localtime(self._clock()))
        self._console.print(Text(f"{time_of_day} {line}"), soft_wrap=True)


def progress_line(summary: Summary, *, now: float, zone: tzinfo | None = None) -> str:
    """A campaign under way in one line: status, counts, rate, time left, accounts by state."""
    counts = "".join(f", {number(count)} {state}" for state, count in other_counts(summary))
    total = f"{number(summary.total)}{'' if summary.launched else '+'}"
    done = f" ({percent(summary)})" if summary.launched else ""
    parts = [f"{number(summary.counts['sent'])} of {total} sent{done}{counts}", *_speed(summary)]
    if summary.resumes_at is not None:
        parts.append(f"goes on at {moment(summary.resumes_at, now, zone)}")
    states = {state: sum(a.state is state for a in summary.accounts) for state in AccountState}
    parts.append("accounts: " + (", ".join(f"{number(n)} {state}" for state, n in states.items() if n) or "none"))
    return f"{clean(summary.key)} {summary.status}: {'; '.join(parts)}"


def _speed(summary: Summary) -> list[str]:
    if summary.status is not CampaignStatus.RUNNING:
        return []
    parts = [] if summary.recent_rate is None else [rate(summary.recent_rate)]
    return parts + ([] if summary.seconds_left is None else [f"{duration(summary.seconds_left)} left"])
