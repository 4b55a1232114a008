"""How a CSV is written: its delimiter, its quotes, its escapes, told from its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")

_HINT = re.compile(r"\"?sep=(.)\"?[\r\n]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDialect:
    """The marks of one CSV file. Doubled quotes stand for one quote, whatever ``escape`` is."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None

    def read(self, lines: Iterable[str], *, strict: bool) -> Iterator[list[str]]:
        """Parse lines into rows. ``strict`` raises csv.Error where quotes are not closed or not followed by an end."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=True,
            strict=strict,
        )


def find_hint(first_line: str) -> str | None:
    """Read Excel's ``sep=;`` line, which may stand before the header. Returns the delimiter."""
    match = _HINT.fullmatch(first_line)
    return match[1] if match else None


def find_dialect(lines: Sequence[str], is_header: Callable[[list[str]], bool]) -> CsvDialect:
    """Choose the dialect under which the lines are the most consistent table.

    ``is_header`` says whether cells hold the address column; that weighs most, because column names rarely contain
    delimiters. The last line may be cut anywhere.
    """
    sample = "".join(lines)
    return max(_candidates(sample), key=lambda dialect: _fitness(dialect, lines, is_header))


def _candidates(sample: str) -> list[CsvDialect]:
    """The likely ones first: of equals, the first wins."""
    quotes = ['"', "'"] if sample.lstrip().startswith("'") else ['"']
    escapes = [None, "\\"] if '\\"' in sample or "\\'" in sample else [None]
    return [
        CsvDialect(delimiter=delimiter, quote=quote, escape=escape)
        for quote in quotes
        for escape in escapes
        for delimiter in DELIMITERS
    ]


def _fitness(
    dialect: CsvDialect, lines: Sequence[str], is_header: Callable[[list[str]], bool]
) -> tuple[bool, bool, float, bool, int]:
    rows = [cells for cells in dialect.read(lines, strict=False) if any(cells)]
    if not rows:
        return False, False, 0, False, 0
    header, *body = rows
    width = len(header)
    complete = body[:-1] or body
    alike = sum(len(cells) == width for cells in complete) / len(complete) if complete else 1.0
    return is_header(header), width > 1, alike, _is_well_formed(dialect, lines), width


def _is_well_formed(dialect: CsvDialect, lines: Sequence[str]) -> bool:
    """A quote that is still open after the last line may be closed by a line that is not in the sample."""
    rest = iter(lines)
    try:
        for _ in dialect.read(rest, strict=True):
            pass
    except csv.Error:
        return next(rest, None) is None
    return True
