"""The first rows of a file of recipients, before anybody has said what its columns are; and a guess of that."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from paceline.audience.audience import find_source, open_file, read_header
from paceline.audience.column_mapping import clean_name, find_address_column
from paceline.audience.contact import LONGEST_SHOWN_CELL, RefusedRow
from paceline.audience.file_kind import FileKind

_MOST_SHOWN_COLUMNS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a person looks at before the import."""

    kind: FileKind
    encoding: str | None
    """None for XLSX."""
    delimiter: str | None
    """None for XLSX."""
    columns: tuple[str, ...]
    """In the file's order; one without a name is ""."""
    rows: tuple[tuple[str, ...], ...]
    """The cells as they are, long ones cut."""
    guess: dict[str, str]
    """Column -> what it seems to be: "email", "phone", or a field of the column's own name."""


def read_head(path: Path, rows: int) -> Head:
    """Read the header and the next rows. Raises InputError when the file is no table."""
    with ExitStack() as undo:
        descriptor = open_file(path)
        undo.callback(os.close, descriptor)
        kind, source = find_source(path, descriptor, _can_be_header)
        undo.callback(source.close)
        table = source.rows()
        columns = tuple(clean_name(cell) for cell in read_header(path, table)[1][:_MOST_SHOWN_COLUMNS])
        first = [row[1] for row in islice(table, rows) if not isinstance(row, RefusedRow)]
    return Head(
        kind=kind,
        encoding=source.encoding,
        delimiter=source.delimiter,
        columns=columns,
        rows=tuple(tuple(cell[:LONGEST_SHOWN_CELL] for cell in cells[: len(columns)]) for cells in first),
        guess=guess_mapping(columns),
    )


def guess_mapping(columns: tuple[str, ...]) -> dict[str, str]:
    """Say what each named column seems to be."""
    guess = {name: name for name in columns if name}
    for wanted in ("email", "phone"):
        place = find_address_column(columns, wanted)
        if place is not None:
            guess[columns[place]] = wanted
    return guess


def _can_be_header(cells: list[str]) -> bool:
    """Whether an address column is among them: that tells the delimiter best; without one the table's shape does."""
    names = [clean_name(cell) for cell in cells]
    return any(find_address_column(names, wanted) is not None for wanted in ("email", "phone"))
