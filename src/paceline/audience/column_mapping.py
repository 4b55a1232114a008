"""The header of a table: which columns there are, and which one holds the address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from paceline.audience.file_kind import unreadable

MOST_COLUMNS = 16_384  # what one sheet of a spreadsheet can hold

# Other names of an address column, without regard to case, spaces and punctuation; only where there is no exact one.
_OTHER_NAMES = {
    "email": ("email", "emailaddress", "mail", "mailaddress"),
    "phone": ("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "telephone", "tel"),
}
_OTHER_NAMES_SHOWN = {
    "email": ' (or "e-mail", "email address", "mail", in any case)',
    "phone": ' (or "phone number", "mobile", "telephone", in any case)',
}

_SHOWN_COLUMNS = 20
_SHOWN_CHARACTERS = 40
_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Which cells of a row are fields. Columns without a name are no fields."""

    names: tuple[str, ...]
    width: int
    """Cells of the header, those without a name too."""
    positions: tuple[int, ...] | None
    """Where each name's cell stands in the row; None when every column has a name."""
    address: int
    """The address column's place among the names."""


def find_address_column(names: Sequence[str], wanted: str) -> int | None:
    """Tell which column is the address: the exact name, else in any case, else by another name of the same thing."""
    if wanted in names:
        return names.index(wanted)
    folded = [name.casefold() for name in names]
    if wanted.casefold() in folded:
        return folded.index(wanted.casefold())
    bare = [_PUNCTUATION.sub("", name) for name in folded]
    return next((bare.index(other) for other in _OTHER_NAMES.get(wanted, ()) if other in bare), None)


def clean_name(cell: str) -> str:
    """Make a column's name: stripped, line breaks and runs of spaces are one space."""
    return " ".join(cell.split())


def new_names(names: Sequence[str], rename: Mapping[str, str] | None) -> list[str]:
    """The names with those replaced that ``rename`` replaces; "" is a column without a name."""
    return [rename.get(name, name) for name in names] if rename else list(names)


def map_columns(
    path: Path, line: int, header: Sequence[str], address_column: str, *, rename: Mapping[str, str] | None = None
) -> ColumnMapping:
    """Check a header and say where its columns are, after giving columns the names that ``rename`` has for them.

    Raises InputError: too many columns, two with one name, no address column, none of a name that is to be replaced.
    """
    if len(header) > MOST_COLUMNS:
        raise unreadable(path, f"{len(header):,} columns; at most {MOST_COLUMNS:,} are accepted", line=line)
    cells = [clean_name(cell) for cell in header]
    for name in rename or ():
        if name not in cells:
            raise unreadable(
                path, f"there is no such column; the columns are: {_listing(cells)}", line=line, field=name
            )
    cells = new_names(cells, rename)
    positions = tuple(position for position, name in enumerate(cells) if name)
    names = tuple(cells[position] for position in positions)
    _refuse_repeated_names(path, line, names)
    address = find_address_column(names, address_column)
    if address is None:
        raise unreadable(path, _describe_missing(names, address_column), line=line, field=address_column)
    everywhere = len(positions) == len(cells)
    return ColumnMapping(names=names, width=len(cells), positions=None if everywhere else positions, address=address)


def _refuse_repeated_names(path: Path, line: int, names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        shown = _listing(repeated)
        raise unreadable(path, f"more than one column has this name: {shown}; names must differ", line=line)


def _describe_missing(names: Sequence[str], wanted: str) -> str:
    if any("@" in name for name in names):
        return f'the first row holds an address and no column names; put a row with names such as "{wanted}" before it'
    accepted = f'a column "{wanted}"{_OTHER_NAMES_SHOWN.get(wanted, "")} is needed'
    nearest = get_close_matches(wanted.casefold(), [name.casefold() for name in names], n=1)
    question = "".join(f'; did you mean "{name}"?' for name in names if [name.casefold()] == nearest)
    return f"{accepted}; the columns are: {_listing(names)}{question}"


def _listing(names: Sequence[str]) -> str:
    shown = [name if len(name) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…" for name in names]
    more = f" and {len(shown) - _SHOWN_COLUMNS:,} more" if len(shown) > _SHOWN_COLUMNS else ""
    return ", ".join(shown[:_SHOWN_COLUMNS]) + more
