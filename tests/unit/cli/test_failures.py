"""Errors as lines and exit codes."""

from __future__ import annotations

import pytest

from paceline.cli.failures import ExitCode, explain_failure
from paceline.domain.errors import InputError, Problem, StoreUnavailable
from paceline.operations.context import NotPossible


def test_bad_input_is_one_line_per_problem(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [
        Problem(file="a.toml", line=3, field="key", message="is missing"),
        Problem(file="a\x1b.csv", message="no"),
    ]
    assert explain_failure(InputError(problems)) is ExitCode.BAD_INPUT
    assert capsys.readouterr().err.splitlines() == ["a.toml:3: key: is missing", "a\N{REPLACEMENT CHARACTER}.csv: no"]


def test_database_that_does_not_answer_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_failure(StoreUnavailable("paceline.db: locked")) is ExitCode.FAILED
    assert capsys.readouterr().err == "paceline.db: locked\n"


def test_group_of_expected_errors_is_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_failure(ExceptionGroup("tasks", [NotPossible("spring is completed")])) is ExitCode.BAD_INPUT
    assert capsys.readouterr().err == "spring is completed\n"


def test_unexpected_error_ends_with_its_line_below_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    group = ExceptionGroup("tasks", [NotPossible("no"), ZeroDivisionError("division by zero")])
    assert explain_failure(group) is ExitCode.FAILED
    *traceback, last = capsys.readouterr().err.splitlines()
    assert any("sub-exceptions" in line for line in traceback)
    assert last == "unexpected error: ZeroDivisionError: division by zero"
