"""The corpus of reports in ``tests/corpus``: recipient and kind are right in 95 of 100, and nothing is called hard wrongly."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from paceline.tracking.bounces import Report, ReportKind, read_report
from paceline.tracking.complaints import read_complaint
from paceline.tracking.mail_parts import parse_mail

CORPUS = Path(__file__).parents[2] / "corpus"
LEAST_RIGHT = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A row of the table."""

    file: str
    source: str
    kind: str
    recipients: frozenset[str]

    @property
    def batch(self) -> str:
        """The second one was written by somebody who had not seen how reports are read."""
        return "second" if self.file.startswith("second-") else "first"

    @property
    def is_failure(self) -> bool:
        return self.kind in ("hard", "soft", "spam", "account")


def table() -> list[Expected]:
    with (CORPUS / "bounces.csv").open(encoding="utf-8", newline="") as file:
        return [
            Expected(
                file=row["file"],
                source=row["source"],
                kind=row["kind"],
                recipients=frozenset(row["recipients"].split()),
            )
            for row in csv.DictReader(file)
        ]


def read(file: str) -> list[Report]:
    mail = parse_mail((CORPUS / "bounces" / file).read_bytes())
    complaint = read_complaint(mail)
    return [complaint] if complaint is not None else read_report(mail)


def said(report: Report) -> str:
    return str(report.bounce) if report.kind is ReportKind.FAILED else str(report.kind)


@pytest.fixture(scope="module")
def readings() -> list[tuple[Expected, list[Report]]]:
    """Each mail of the corpus, as it should be read and as it is."""
    return [(row, read(row.file)) for row in table()]


@pytest.mark.parametrize("batch", ["first", "second"])
def test_recipient_and_kind_are_right_in_95_of_100(readings: list[tuple[Expected, list[Report]]], batch: str) -> None:
    own = [(row, reports) for row, reports in readings if row.batch == batch]
    wrong = [
        (row.file, row.kind, reports)
        for row, reports in own
        if {said(report) for report in reports} != {row.kind}
        or (row.recipients and {report.recipient for report in reports} != row.recipients)
    ]
    assert own
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(own), wrong


def test_nothing_is_called_hard_that_is_not(readings: list[tuple[Expected, list[Report]]]) -> None:
    guessed = [row.file for row, reports in readings if row.kind != "hard" and "hard" in map(said, reports)]
    assert guessed == []


def test_what_is_no_failure_is_never_called_one(readings: list[tuple[Expected, list[Report]]]) -> None:
    """Automatic replies, people, warnings, complaints, noise."""
    called = [
        row.file
        for row, reports in readings
        if not row.is_failure and any(r.kind is ReportKind.FAILED for r in reports)
    ]
    assert called == []


def test_corpus_is_as_large_and_wide_as_it_claims() -> None:
    rows = table()
    assert {row.file for row in rows} == {path.name for path in (CORPUS / "bounces").glob("*.eml")}
    assert sum(row.is_failure for row in rows) >= 150
    assert len({row.source.partition(",")[0] for row in rows if row.is_failure}) >= 25
