"""One row of a table -> a contact, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Callable

from paceline.audience.column_mapping import ColumnMapping
from paceline.audience.contact import Contact, RefusedRow, refused

LONGEST_CELL_CHARACTERS = 65_536


class RowReader:
    """Turns rows into contacts. ``parse_address`` checks and normalises an address, or raises ValueError(reason)."""

    def __init__(self, mapping: ColumnMapping, parse_address: Callable[[str], str]) -> None:
        self.characters = 0
        """All characters of all rows so far."""
        self._names = mapping.names
        self._width = mapping.width
        self._positions = mapping.positions
        self._address = mapping.address
        self._parse_address = parse_address

    def read(self, line: int, cells: list[str]) -> Contact | RefusedRow | None:
        """Judge one row. None: every cell is empty."""
        text = "".join(cells)
        if not text or text.isspace():
            return None
        self.characters += len(text)
        if len(cells) > self._width and any(map(str.strip, cells[self._width :])):
            return refused(line, f"{len(cells):,} cells, but the header has {self._width:,}", cells)
        named = self._pick(cells)
        if len(text) > LONGEST_CELL_CHARACTERS or "\0" in text or not _is_whole(text):
            reason = self._describe_damage(named)
            if reason:
                return refused(line, reason, named)
        stripped = list(map(str.strip, named))
        try:
            address = self._parse_address(stripped[self._address])
        except ValueError as error:
            return refused(line, f"{self._names[self._address]}: {error}", named)
        return Contact(line=line, address=address, fields=dict(zip(self._names, stripped, strict=True)))

    def _pick(self, cells: list[str]) -> list[str]:
        """The cells of the named columns; those that a short row lacks are empty."""
        if len(cells) != self._width:
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        return cells if self._positions is None else [cells[position] for position in self._positions]

    def _describe_damage(self, cells: list[str]) -> str | None:
        for name, cell in zip(self._names, cells, strict=True):
            if len(cell) > LONGEST_CELL_CHARACTERS:
                return f"{name}: it is longer than {LONGEST_CELL_CHARACTERS:,} characters"
            if "\0" in cell:
                return f"{name}: it contains a NUL character"
            if not _is_whole(cell):
                return f"{name}: it contains half of a character (a lone surrogate)"
        return None


def _is_whole(text: str) -> bool:
    """Tell whether text is free of lone surrogates; encoding it is the fastest way to know."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
