"""What the commands that list say: messages, causes, findings, arrivals, tables."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from paceline.cli.campaigns import Decision, explanation, message_line, resolved
from paceline.cli.installation import finding_lines
from paceline.cli.sandbox import arrived, arrived_in_words
from paceline.cli.table import Column, table
from paceline.operations.campaigns.explaining import Cause
from paceline.operations.installation.doctor import Finding
from paceline.sandbox.mailbox import Mailbox, Violation

_NINE = datetime(2027, 3, 1, 9).timestamp()  # local time


def test_message_is_one_line_whatever_the_server_said() -> None:
    message = {"address": "ann@example.com", "state": "failed", "account": None, "attempts": 2, "reply": "550 a\tb\nc"}
    assert message_line(message) == "ann@example.com\tfailed\t-\t2\t550 a b c"


def test_causes_stand_below_their_campaign_with_the_moment_they_end() -> None:
    causes = [
        Cause(campaign="spring", account=None, cause="paused_limits", sentence="no allowance", until=_NINE + 3_600),
        Cause(campaign="spring", account="relay-1", cause="broken", sentence="relay-1: 535 no", until=None),
        Cause(campaign="autumn", account=None, cause="no_sender", sentence="no sender", until=None),
    ]
    assert list(explanation(causes, now=_NINE)) == [
        "spring",
        "  until 10:00  no allowance",
        "               relay-1: 535 no",
        "autumn",
        "  no sender",
    ]


def test_checks_are_aligned_and_a_failed_one_is_loud() -> None:
    findings = [
        Finding(check="database", ok=True, sentence="answered"),
        Finding(check="pool", ok=None, sentence="slow"),
        Finding(check="clock", ok=False, sentence="jumped"),
    ]
    assert [line.plain for line in finding_lines(findings)] == [
        "ok       database  answered",
        "warning  pool      slow",
        "FAILED   clock     jumped",
    ]


@pytest.mark.parametrize(
    ("count", "decision", "said"),
    [
        (0, Decision.SENT, "spring has no uncertain messages"),
        (1, Decision.SENT, "spring: 1 uncertain message now counts as sent"),
        (2, Decision.RESEND, "spring: 2 uncertain messages back in the queue; `paceline send` with its file sends them again"),
    ],
)  # fmt: skip
def test_decision_is_said_in_a_sentence(count: int, decision: Decision, said: str) -> None:
    assert resolved("spring", count, decision) == said


def test_sandbox_counts_in_words_what_arrived() -> None:
    mailbox = Mailbox()
    mailbox.messages = 3
    mailbox.connections = 1
    mailbox.per_recipient.update({"ann@example.com": 2, "ben@example.com": 1})
    mailbox.violations[Violation.NUL_BYTE] = 1
    assert arrived_in_words(arrived(mailbox)) == [
        "3 messages for 2 recipients over 1 connection; 1 recipient got more than one message",
        "violation nul_byte: 1",
    ]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.integers(20, 100))
def test_table_fits_its_width(rows: list[tuple[str, str]], width: int) -> None:
    lines = table((Column(title="key", most=12), Column(title="note", most=200)), rows, width=width)
    assert len(lines) == len(rows) + 1
    assert all(line.cell_len <= width and cell_len(line.plain) <= width for line in lines)


def test_table_without_a_terminal_cuts_nothing_short_of_its_columns() -> None:
    lines = table((Column(title="key"), Column(title="note", most=200)), [("spring", "x" * 150)], width=None)
    assert lines[1].plain == "spring  " + "x" * 150
