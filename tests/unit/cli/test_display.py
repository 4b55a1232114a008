"""Progress on a terminal and without one, and the thread between sending and both."""

from __future__ import annotations

import logging
import threading
from datetime import UTC
from io import StringIO

from rich.console import Console

from paceline.cli.display import PLAIN_EVERY_SECONDS, LiveDisplay, PlainDisplay, display_on, progress_line
from paceline.cli.progress import Progress
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from unit.cli.examples import NOON, account, limited, summary


class _Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


def _console(*, terminal: bool) -> tuple[Console, StringIO]:
    buffer = StringIO()
    return Console(file=buffer, force_terminal=terminal, width=80, height=24, highlight=False, markup=False), buffer


def _said(buffer: StringIO) -> list[str]:
    return [line.partition(" ")[2] for line in buffer.getvalue().splitlines()]


def test_progress_in_one_line() -> None:
    shown = summary(sent=400, failed=2, recent_rate=82.4, seconds_left=7.3, accounts=(account(), limited("relay-2")))
    assert progress_line(shown, now=NOON, zone=UTC) == (
        "spring-2027 running: 400 of 1,000 sent (40 %), 2 failed, 598 queued; 82.4/s; 7.3 s left; "
        "accounts: 1 ready, 1 limited"
    )


def test_pause_in_one_line() -> None:
    shown = summary(CampaignStatus.PAUSED_LIMITS, sent=400, resumes_at=NOON + 60, accounts=(limited("relay-1"),))
    assert progress_line(shown, now=NOON, zone=UTC) == (
        "spring-2027 paused_limits: 400 of 1,000 sent (40 %), 600 queued; goes on at 12:01; accounts: 1 limited"
    )


def test_plain_lines_come_at_once_then_every_five_seconds_and_at_the_end() -> None:
    console, buffer = _console(terminal=False)
    clock = _Clock()
    display = PlainDisplay(console, clock=clock, zone=UTC)
    for sent in range(100):
        display.draw(summary(sent=sent))
        clock.at += PLAIN_EVERY_SECONDS / 20
    display.end()
    shown = [int(line.split()[2]) for line in _said(buffer)]
    assert shown == [0, 20, 40, 60, 80, 99]


def test_plain_lines_say_nothing_while_nothing_changes() -> None:
    console, buffer = _console(terminal=False)
    clock = _Clock()
    display = PlainDisplay(console, clock=clock, zone=UTC)
    for _ in range(10):
        display.draw(summary(CampaignStatus.PAUSED_LIMITS, sent=400, resumes_at=NOON + 3_600))
        clock.at += PLAIN_EVERY_SECONDS
    display.end()
    assert len(_said(buffer)) == 1


def test_notice_is_one_line_without_colours_and_never_waits() -> None:
    console, buffer = _console(terminal=False)
    display = PlainDisplay(console, clock=_Clock())
    display.say("relay-1 is broken: 535 [bold]\x1b[31mno " + "x" * 200)
    display.say("relay-2 too")
    assert _said(buffer) == [
        "relay-1 is broken: 535 [bold]\N{REPLACEMENT CHARACTER}[31mno " + "x" * 200,
        "relay-2 too",
    ]


def test_live_panel_is_drawn_over_itself_and_gives_the_cursor_back() -> None:
    console, buffer = _console(terminal=True)
    display = LiveDisplay(console, clock=_Clock())
    display.draw(summary(sent=1))
    display.draw(summary(sent=2))
    display.say("relay-2 is broken")
    display.end()
    written = buffer.getvalue()
    assert written.count("\x1b[?25l") == 1
    assert written.rstrip().endswith("\x1b[?25h")
    assert "\x1b[1A\x1b[2K" in written
    assert "relay-2 is broken" in written


def test_terminal_gets_the_panel_and_a_file_plain_lines() -> None:
    assert isinstance(display_on(_console(terminal=True)[0]), LiveDisplay)
    assert isinstance(display_on(_console(terminal=False)[0]), PlainDisplay)


class _Recorder:
    """A display that keeps what it was given, and stands still until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.drawn: list[int] = []
        self.said: list[str] = []
        self.ended = False

    def draw(self, shown: Summary) -> None:
        self.drawn.append(shown.counts["sent"])
        self.may_go_on.wait(10)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def end(self) -> None:
        self.ended = True


def test_display_that_stands_still_holds_nobody_up_and_then_shows_the_newest() -> None:
    display = _Recorder()
    with Progress(display) as progress:
        for sent in range(1_000):
            progress.show(summary(sent=sent))
            progress.say(f"notice {sent}")
        display.may_go_on.set()
    assert display.drawn[-1] == 999
    assert len(display.drawn) <= 3
    assert display.said[-1] == "notice 999"
    assert display.ended


def test_warnings_of_the_log_are_sentences_while_progress_is_shown() -> None:
    display = _Recorder()
    with Progress(display):
        logging.getLogger("paceline.engine").warning("the lease cannot be renewed: %s", "locked")
    assert display.said == ["the lease cannot be renewed: locked"]


class _Gone(_Recorder):
    def say(self, sentence: str) -> None:
        raise OSError(5, "the terminal is gone")


def test_terminal_that_is_gone_ends_the_display_only() -> None:
    with Progress(_Gone()) as progress:
        progress.say("one")
        progress.say("two")
