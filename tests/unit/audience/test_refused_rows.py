"""The file of refused rows: what a person opens in a spreadsheet to see what was left out."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from paceline.audience.contact import RefusedRow
from paceline.audience.refused_rows import RefusedRowsFile


def _row(*cells: str, line: int = 2, reason: str = "email: it has no @") -> RefusedRow:
    return RefusedRow(line=line, reason=reason, cells=cells)


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_rows_are_given_back_with_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "spring.refused.csv"
    with RefusedRowsFile(path, ("email", "first name")) as file:
        file.write([_row("none", "Jürgen\nLee"), _row(line=7, reason="the line is longer than 1 MB")])
        assert not path.exists()
    assert _read(path) == [
        ["line", "reason", "email", "first name"],
        ["2", "email: it has no @", "none", "Jürgen\nLee"],
        ["7", "the line is longer than 1 MB"],
    ]
    assert file.count == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_formulas_are_neutralised_in_cells_and_names(tmp_path: Path, start: str) -> None:
    path = tmp_path / "spring.refused.csv"
    with RefusedRowsFile(path, (f"{start}name",)) as file:
        file.write([_row(f"{start}HYPERLINK(1)")])
    assert [row[2] for row in _read(path)] == [f"'{start}name", f"'{start}HYPERLINK(1)"]


@given(st.lists(st.text(), max_size=5))
@settings(deadline=None)
def test_any_text_can_be_given_back(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("refused") / "spring.refused.csv"
    with RefusedRowsFile(path, ()) as file:
        file.write([_row(*cells, "\0\ud800")])
    given_back = _read(path)[1][2:]
    assert len(given_back) == len(cells) + 1
    assert given_back[-1] == "\ufffd\ufffd"
    assert not any(cell[:1] in ("=", "+", "-", "@") for cell in given_back)


def test_interrupted_file_leaves_the_older_one_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "spring.refused.csv"
    path.write_text("older")
    with pytest.raises(AttributeError), RefusedRowsFile(path, ()) as file:
        file.write([_row("x"), None])  # type: ignore[list-item]  # the interruption
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_no_refused_row_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "spring.refused.csv"
    path.write_text("older")
    with RefusedRowsFile(path, ("email",)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_name_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "spring.refused.csv"
    with RefusedRowsFile(path, ("email",)) as first:
        first.write([_row("a")])
        with RefusedRowsFile(path, ("email",)) as second:
            second.write([_row("b")])
        first.write([_row("c")])
    assert [row[2] for row in _read(path)] == ["email", "a", "c"]
    assert list(tmp_path.iterdir()) == [path]


def test_leftover_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    (tmp_path / "spring.refused.csv.k1ll3d.partial").write_text("half")
    (tmp_path / "other.refused.csv.x.partial").write_text("not ours")
    with RefusedRowsFile(tmp_path / "spring.refused.csv", ("email",)) as file:
        file.write([_row("a")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.refused.csv.x.partial", "spring.refused.csv"]
