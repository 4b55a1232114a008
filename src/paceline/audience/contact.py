"""What a file of recipients yields: contacts, and rows that are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_SHOWN_CELL = 1_000

Row = tuple[int, list[str]]
"""The line where a row starts and its cells, as a source reads them."""


class Contact(NamedTuple):
    """One recipient of the file. A tuple, because one is made for every row."""

    line: int
    """CSV: the physical line where the row starts, the first line of the file is 1. XLSX: the sheet's row number."""
    address: str
    fields: dict[str, str]
    """Every named column, the address column too; cells are stripped, missing ones are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """One row that is no recipient, and why."""

    line: int
    reason: str
    cells: tuple[str, ...]
    """The cells of the named columns, long ones cut; of a row with too many cells all of them; none if unreadable."""


def refused(line: int, reason: str, cells: Iterable[str] = ()) -> RefusedRow:
    """Make a refused row whose cells are cut to 1,000 characters, so that one huge cell costs no memory."""
    return RefusedRow(line=line, reason=reason, cells=tuple(map(_shown, cells)))


def _shown(cell: str) -> str:
    return cell if len(cell) <= LONGEST_SHOWN_CELL else cell[:LONGEST_SHOWN_CELL] + "…"
