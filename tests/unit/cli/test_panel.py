"""The instrument panel: given a summary and a terminal's size, these lines."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from paceline.cli.panel import account_note, panel, percent
from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.operations.campaigns.summary import Summary
from unit.cli.examples import NOON, account, limited, summary


def _lines(shown: Summary, *, width: int = 80, height: int = 24) -> list[str]:
    return [line.plain for line in panel(shown, now=NOON, width=width, height=height, zone=UTC)]


def test_panel_shows_campaign_counts_speed_and_accounts() -> None:
    shown = summary(
        sent=400, failed=2, recent_rate=82.4, seconds_left=7.3, accounts=(account("relay-1"), limited("relay-2"))
    )
    assert _lines(shown) == [
        " Spring news" + " " * 60 + "running",
        " " + "━" * 28 + "─" * 42 + "    40 %",
        " 400 of 1,000 sent · 2 failed · 598 queued" + " " * 16 + "  82.4/s · 7.3 s left",
        "",
        "   account  sent   hour   today",
        " ● relay-1    40  40/40  40/200  ready",
        " ◐ relay-2    40  40/40  40/200  until 13:00: hourly limit 40 reached",
    ]


def test_paused_campaign_says_when_it_goes_on_and_why() -> None:
    shown = summary(
        CampaignStatus.PAUSED_LIMITS,
        sent=400,
        pause_reason="no account has allowance left; the first to have it again is relay-1 (hourly limit 40 reached)",
        resumes_at=NOON + 3_600,
    )
    assert _lines(shown)[3:5] == [
        " goes on at 13:00: no account has allowance left; the first to have it again is",
        " relay-1 (hourly limit 40 reached)",
    ]


def test_campaign_whose_messages_are_all_deferred_says_when_it_tries_again() -> None:
    shown = summary(sent=995, deferred=5, next_due_at=NOON + 120)
    assert " waiting: the next message is tried again at 12:02" in _lines(shown)


def test_audience_that_is_still_being_read_has_no_percentage() -> None:
    lines = _lines(summary(sent=10, launched=False))
    assert lines[1].endswith(" reading")
    assert "10 of 1,000+ sent" in lines[2]


def test_last_message_makes_the_hundred_per_cent() -> None:
    assert percent(summary(total=100_000, sent=99_999)) == "99 %"
    assert percent(summary(total=100_000, sent=99_999, failed=1)) == "100 %"


def test_thousand_accounts_show_the_troubled_first_and_count_the_rest() -> None:
    broken = account("broken", AccountState.BROKEN, reason="535 5.7.8 no")
    off = account("off", AccountState.DISABLED)
    many = [account(f"ready-{number}") for number in range(900)] + [limited(f"limited-{n}") for n in range(98)]
    lines = _lines(summary(accounts=(off, *many, broken)), height=23)
    assert len(lines) == 23
    assert lines[5].split()[:2] == ["✕", "broken"]
    assert lines[6].split()[:2] == ["◐", "limited-0"]
    assert lines[-1] == "   and 983 more: 82 limited, 900 ready, 1 disabled"


def test_accounts_that_all_fit_keep_their_places() -> None:
    lines = _lines(summary(accounts=(account("a"), limited("b"), account("c"))))
    assert [line.split()[1] for line in lines[5:]] == ["a", "b", "c"]


def test_text_from_outside_stays_text() -> None:
    evil = account("[bold]x[/]", AccountState.BROKEN, reason="535 \x1b[2J\x07\u202eno\nyes :boom:", hourly_limit=0)
    lines = _lines(summary(name="[red]Spring\x1b]0;gone\x07", accounts=(evil,)))
    assert all(line.isprintable() for line in lines)
    assert "[red]Spring" in lines[0]
    assert "[bold]x[/]" in lines[-1]
    assert ":boom:" in lines[-1]


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, "ready"),
        ({"state": AccountState.LIMITED, "resumes_at": NOON + 86_400}, "until 2027-03-04 12:00"),
        (
            {"state": AccountState.BACKING_OFF, "resumes_at": NOON + 23, "reason": "421 busy"},
            "again at 12:00:23: 421 busy",
        ),
        ({"state": AccountState.BROKEN, "reason": "535 no"}, "broken: 535 no"),
        ({"state": AccountState.DISABLED}, "disabled"),
    ],
)
def test_account_says_until_when_it_waits_and_why(changes: dict[str, Any], note: str) -> None:
    assert account_note(account(**changes), now=NOON, zone=UTC) == note


_NAMES = st.text(min_size=1, max_size=40)
_ACCOUNTS = st.builds(
    account,
    _NAMES,
    st.sampled_from(AccountState),
    reason=st.none() | st.text(max_size=200),
    resumes_at=st.none() | st.floats(NOON, NOON + 1e7),
    sent=st.integers(0, 10**9),
    daily_limit=st.integers(0, 10**9),
)
_SUMMARIES = st.builds(
    summary,
    st.sampled_from(CampaignStatus),
    name=_NAMES,
    total=st.just(10**9),
    sent=st.integers(0, 10**8),
    failed=st.integers(0, 10**8),
    deferred=st.integers(0, 10**8),
    launched=st.booleans(),
    pause_reason=st.none() | st.text(max_size=300),
    resumes_at=st.none() | st.floats(NOON, NOON + 1e7),
    recent_rate=st.none() | st.floats(0, 1e6),
    seconds_left=st.none() | st.floats(0, 1e9),
    accounts=st.lists(_ACCOUNTS, max_size=40).map(tuple),
)


@given(_SUMMARIES, st.integers(20, 200), st.integers(1, 50))
def test_panel_fits_every_terminal(shown: Summary, width: int, height: int) -> None:
    lines = _lines(shown, width=width, height=height)
    assert len(lines) <= height
    assert all(cell_len(line) <= width and line.isprintable() for line in lines)
