"""The child process that reads one workbook, under limits of memory and time: a hostile file kills only this.

Standard input is the workbook. Standard output is one JSON object a line: ``{"rows": [[number, [cell, ...]], ...]}``
(null in place of the cells: the row is too long), then ``{"end": true}`` or ``{"error": "..."}``. Started by xlsx_source.
"""

from __future__ import annotations

import datetime
import json
import math
import mmap
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY_BYTES = 1536 * 1024 * 1024
MOST_UNPACKED_BYTES = 768 * 1024 * 1024
MOST_ENTRIES = 10_000
LONGEST_ROW_CHARACTERS = 1024 * 1024

_STARTING_CPU_SECONDS = 3
_UNPACKED_BYTES_PER_CPU_SECOND = 8 * 1024 * 1024  # about a fifth of what an old core reads
_BOMB_BYTES, _BOMB_RATIO = 48 * 1024 * 1024, 60  # sheets of real data pack 5 to 30 times

_ROWS_PER_LINE = 500
_CHARACTERS_PER_LINE = 256 * 1024

_OTHER_OFFICE = {  # an entry's name -> what the archive is
    "mimetype": "an OpenDocument file or an e-book: save it as .xlsx or CSV",
    "xl/workbook.bin": "a binary workbook (.xlsb): save it as .xlsx or CSV",
    "word/document.xml": "a Word document: save its table as .xlsx or CSV",
    "ppt/presentation.xml": "a presentation: save its table as .xlsx or CSV",
}

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


class _UnreadableError(Exception):
    """The workbook is refused; the text says why."""


def main() -> None:
    """Read the workbook on standard input and write its rows. Ends normally also when the workbook is refused."""
    _limit(_STARTING_CPU_SECONDS)
    try:
        with mmap.mmap(sys.stdin.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _limit(_STARTING_CPU_SECONDS + check_archive(content) // _UNPACKED_BYTES_PER_CPU_SECOND)
            for rows in _bundles(_rows(_first_sheet(content))):
                _say({"rows": rows})
    except _UnreadableError as error:
        _say({"error": str(error)})
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        _say({"error": f"the workbook is damaged or cut short ({error})"})
    except MemoryError:
        _say({"error": "the workbook needs too much memory: save it as CSV"})
    else:
        _say({"end": True})


def check_archive(content: mmap.mmap) -> int:
    """Look at the archive's directory, unpacking nothing. Returns the size of all entries unpacked, in bytes."""
    with zipfile.ZipFile(cast("IO[bytes]", content)) as archive:  # a mapping reads and seeks like a file
        entries = archive.infolist()
    names = {entry.filename for entry in entries}
    for name, description in _OTHER_OFFICE.items():
        if name in names:
            raise _UnreadableError(f"this is {description}")
    if "[Content_Types].xml" not in names:
        raise _UnreadableError("this is a zip archive without a workbook inside: unpack it first")
    if len(entries) > MOST_ENTRIES or any(map(_leads_outside, names)):
        raise _UnreadableError("no spreadsheet program wrote this archive: its list of entries is not a workbook's")
    if any(entry.flag_bits & 1 for entry in entries):
        raise _UnreadableError("this workbook is protected with a password: save it without one")
    return _unpacked_size(entries)


def _leads_outside(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _unpacked_size(entries: Iterable[zipfile.ZipInfo]) -> int:
    unpacked = packed = 0
    for entry in entries:
        unpacked += entry.file_size
        packed += entry.compress_size
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > _BOMB_BYTES and unpacked > packed * _BOMB_RATIO):
        raise _UnreadableError(f"the workbook is {unpacked // 1_000_000:,} MB when unpacked: save it as CSV")
    return unpacked


def _limit(cpu_seconds: int) -> None:
    """Limit this process. Only the soft limit of time is set: it kills too, and may be raised once more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _first_sheet(content: mmap.mmap) -> CalamineSheet:
    """The first sheet that a person sees when the workbook is opened."""
    content.seek(0)
    book = CalamineWorkbook.from_filelike(cast("IO[bytes]", content))
    for index, sheet in enumerate(book.sheets_metadata):
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible:
            return book.get_sheet_by_index(index)
    raise _UnreadableError("the workbook has no visible sheet")


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Number the rows as the sheet does; the library counts from its first row, whatever is empty."""
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts = [cell if type(cell) is str else cell_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _bundles(rows: Iterable[tuple[int, list[str]]]) -> Iterator[list[tuple[int, list[str] | None]]]:
    bundle: list[tuple[int, list[str] | None]] = []
    characters = 0
    for number, cells in rows:
        length = sum(map(len, cells))
        bundle.append((number, cells if length <= LONGEST_ROW_CHARACTERS else None))
        characters += length
        if len(bundle) >= _ROWS_PER_LINE or characters >= _CHARACTERS_PER_LINE:
            yield bundle
            bundle, characters = [], 0
    if bundle:
        yield bundle


def cell_text(cell: Cell) -> str:
    """Write a cell as a person reads it: whole numbers without ".0", 15 digits as in spreadsheets, dates as ISO 8601."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float():
            whole = math.isfinite(cell) and cell == int(cell) and abs(cell) < 1e16
            return str(int(cell)) if whole else format(cell, ".15g")
        case datetime.datetime():
            return cell.isoformat(" ", "seconds")
        case datetime.time():
            return cell.isoformat("seconds")
        case datetime.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return str(cell)


def _say(message: object) -> None:
    sys.stdout.buffer.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
