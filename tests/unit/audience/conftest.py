"""Reads an audience from bytes, whole: contacts and refused rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact, RefusedRow
from paceline.domain.errors import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeAudience:
    columns: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    digest: str
    contacts: list[Contact]
    refused: list[RefusedRow]

    @property
    def fields(self) -> list[dict[str, str]]:
        return [contact.fields for contact in self.contacts]

    @property
    def lines(self) -> list[int]:
        return [contact.line for contact in self.contacts]

    @property
    def reasons(self) -> dict[int, str]:
        return {row.line: row.reason for row in self.refused}


ReadAudience = Callable[[bytes | str | Path], WholeAudience]
RefuseAudience = Callable[[bytes | str | Path], Problem]


def read_whole(path: Path, size: int = 1000) -> WholeAudience:
    with open_audience(path) as audience:
        rows = [row for batch in audience.batches(size) for row in batch]
        return WholeAudience(
            columns=audience.columns,
            encoding=audience.encoding,
            delimiter=audience.delimiter,
            digest=audience.digest,
            contacts=[row for row in rows if isinstance(row, Contact)],
            refused=[row for row in rows if isinstance(row, RefusedRow)],
        )


@pytest.fixture
def read_audience(tmp_path: Path) -> ReadAudience:
    """Read bytes, text (as UTF-8) or a file to its end."""
    return lambda content: read_whole(_as_file(tmp_path, content))


@pytest.fixture
def refusal(tmp_path: Path) -> RefuseAudience:
    """Read likewise, and return the one problem for which the file is refused."""

    def refuse(content: bytes | str | Path) -> Problem:
        with pytest.raises(InputError) as caught:
            read_whole(_as_file(tmp_path, content))
        (problem,) = caught.value.problems
        return problem

    return refuse


@pytest.fixture
def csv_of(tmp_path: Path) -> Callable[[Iterable[bytes]], Path]:
    """Write pieces to a file; for files that are too large to be held."""

    def write(pieces: Iterable[bytes]) -> Path:
        path = tmp_path / "large.csv"
        with path.open("wb") as file:
            file.writelines(pieces)
        return path

    return write


def _as_file(folder: Path, content: bytes | str | Path) -> Path:
    if isinstance(content, Path):
        return content
    path = folder / "contacts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
