"""A CSV file as rows with the lines where they start. Encoding, delimiter and quoting are found out from its beginning.

The csv module parses; what is added here is recovery: a broken quote or a huge line costs its own row and no other.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from paceline.audience.contact import RefusedRow, Row, refused
from paceline.audience.csv_dialect import CsvDialect, find_dialect, find_hint
from paceline.audience.file_kind import refuse_binary, refuse_other_text, unreadable
from paceline.audience.text_lines import (
    LONGEST_LINE_BYTES,
    OVERLONG_LINE,
    describe_encoding,
    find_encoding,
    read_lines,
)

LONGEST_ROW_CHARACTERS = 16 * 1024 * 1024
"""A row of several lines that is longer holds a quote that is never closed."""

_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_LINES = 10


class CsvSource:
    """An open CSV file. ``rows`` may be called again and starts anew."""

    def __init__(self, path: Path, descriptor: int, head: bytes, is_header: Callable[[list[str]], bool]) -> None:
        """Look at the beginning of the file. Raises InputError when it is no table."""
        self._path = path
        self._descriptor = descriptor
        self._codec, self._start = find_encoding(head)
        lines = self._sample()
        refuse_other_text(path, "".join(lines))
        hint = find_hint(lines[0])
        self._hint_lines = 1 if hint else 0
        self._dialect = CsvDialect(delimiter=hint) if hint else find_dialect(lines, is_header)
        header = next(filter(any, self._dialect.read(lines[self._hint_lines :], strict=False)), [])
        if not is_header(header):
            refuse_binary(path, "".join(lines))
        self.delimiter: str | None = self._dialect.delimiter
        self.encoding: str | None = describe_encoding(self._codec, head)

    def rows(self) -> Iterator[Row | RefusedRow]:
        """Yield every row that is no blank line, the header first."""
        # Limits are kept here, in characters of a row; the csv module's own limit would cut a row in the middle.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_ROW_CHARACTERS + 2 * LONGEST_LINE_BYTES))
        lines = chain.from_iterable(read_lines(self._descriptor, self._codec, self._start))
        for _ in range(self._hint_lines):
            next(lines, None)
        return _RowReader(self._dialect, lines, 1 + self._hint_lines).rows()

    def close(self) -> None:
        """Nothing is held besides the descriptor, which belongs to the caller."""

    def _sample(self) -> list[str]:
        lines: list[str] = []
        size = 0
        for line in chain.from_iterable(read_lines(self._descriptor, self._codec, self._start)):
            if line is OVERLONG_LINE:
                break
            lines.append(line)
            size += len(line)
            if size >= _SAMPLE_CHARACTERS and len(lines) >= _SAMPLE_LINES:
                break
        if not lines:
            raise unreadable(self._path, "the first line is longer than 1 MB: this is no table", line=1)
        return lines


class _RowTooLongError(Exception):
    """The row being read is longer than a row can be."""


class _RowReader:
    """Reads rows, and after a row that cannot be read goes on with the line after its first one."""

    def __init__(self, dialect: CsvDialect, lines: Iterator[str], line: int) -> None:
        self._dialect = dialect
        self._lines = lines
        self._line = line  # where the held lines start
        self._held: list[str] = []  # the lines of the row that is being read
        self._again: deque[str] = deque()  # lines to read once more, before the others

    def rows(self) -> Iterator[Row | RefusedRow]:
        held = self._held
        finished = False
        while not finished:
            try:
                for cells in self._dialect.read(self._feed(), strict=True):
                    line = self._line
                    self._line += len(held)
                    held.clear()
                    if cells:
                        yield line, cells
                finished = True
            except (csv.Error, _RowTooLongError):
                yield self._give_up_row()

    def _feed(self) -> Iterator[str]:
        held = self._held
        size = 0
        for line in chain(self._lines_again(), self._lines):
            held.append(line)
            size = size + len(line) if len(held) > 1 else 0
            if line is OVERLONG_LINE or size > LONGEST_ROW_CHARACTERS:
                raise _RowTooLongError
            yield line

    def _lines_again(self) -> Iterator[str]:
        while self._again:
            yield self._again.popleft()

    def _give_up_row(self) -> Row | RefusedRow:
        """Take the held row's first line alone, and put the lines after it back."""
        first, line = self._held[0], self._line
        self._again.extendleft(reversed(self._held[1:]))
        alone = len(self._held) == 1
        self._held.clear()
        self._line += 1
        if first is OVERLONG_LINE:
            return refused(line, "the line is longer than 1 MB")
        cells = self._read_sloppy_quotes(first) if alone else None
        if cells is None:
            return refused(line, "a quote in this line is never closed", [first.rstrip("\r\n")])
        return line, cells

    def _read_sloppy_quotes(self, line: str) -> list[str] | None:
        """Read ``"Ann" Lee`` as ``Ann Lee``, as spreadsheets do. None when a quote stays open at the line's end."""
        rows = list(self._dialect.read([line, "end\n"], strict=False))
        return rows[0] if len(rows) == 2 else None
