"""The one entrance: open a file of recipients, learn its columns, read it in batches."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from paceline.audience.column_mapping import ColumnMapping, clean_name, find_address_column, map_columns, new_names
from paceline.audience.contact import Contact, RefusedRow, Row, refused
from paceline.audience.csv_source import CsvSource
from paceline.audience.duplicates import SeenAddresses
from paceline.audience.file_kind import ACCEPTED, FileKind, recognise, unreadable
from paceline.audience.rows import RowReader
from paceline.audience.xlsx_source import XlsxSource
from paceline.domain.address import address_key, parse_address

_HEAD_BYTES = 64 * 1024
_DIGEST_BLOCK_BYTES = 1024 * 1024
_MOST_CELLS_IN_BATCH = 250_000
_MOST_CHARACTERS_IN_BATCH = 4_000_000


class Source(Protocol):
    """A table that can be read from the beginning, any number of times."""

    encoding: str | None
    delimiter: str | None

    def rows(self) -> Iterator[Row | RefusedRow]:
        """Yield the rows that are not blank, the header first."""

    def close(self) -> None:
        """Let go of everything; may be called twice."""


class Audience:
    """An open file of recipients. Close it, or use it as a context manager."""

    def __init__(
        self,
        *,
        path: Path,
        descriptor: int,
        kind: FileKind,
        source: Source,
        started: Iterator[Row | RefusedRow],
        mapping: ColumnMapping,
        digest: str,
        parse_address: Callable[[str], str],
        address_key: Callable[[str], str],
    ) -> None:
        self.path = path
        self.kind = kind
        self.columns = mapping.names
        self.address_column = mapping.names[mapping.address]
        self.encoding = source.encoding
        """As found in the first lines, for display; None for XLSX."""
        self.delimiter = source.delimiter
        """None for XLSX."""
        self.digest = digest
        """BLAKE2b of the file's bytes, 64 hexadecimal digits."""
        self._descriptor = descriptor
        self._source = source
        self._started: Iterator[Row | RefusedRow] | None = started  # stands behind the header; spares a second child
        self._mapping = mapping
        self._reader = RowReader(mapping, parse_address)
        self._address_key = address_key
        self._version = _file_version(descriptor)

    def batches(self, size: int = 1000) -> Iterator[list[Contact | RefusedRow]]:
        """Yield contacts and refused rows in file order, up to ``size`` together, fewer where rows are large.

        Each call starts from the beginning. Blocks: for a plain thread. Raises InputError when the file turns out to
        be damaged or was changed while it was read, StoreUnavailable when there is no room for temporary files.
        """
        size = max(1, min(size, _MOST_CELLS_IN_BATCH // self._mapping.width))
        rows = self._data_rows()
        with closing(SeenAddresses()) as seen:
            while batch := self._take(rows, size):
                yield self._without_duplicates(batch, seen)
                if self._descriptor < 0:  # its number may be another file's by now
                    raise unreadable(self.path, "the file was closed while it was read")
        if _file_version(self._descriptor) != self._version:
            raise unreadable(self.path, "the file was changed while it was read: try again")

    def close(self) -> None:
        """Let go of the file, when no thread is reading; iterators end with an error. May be called twice."""
        self._source.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _data_rows(self) -> Iterator[Row | RefusedRow]:
        rows, self._started = self._started, None
        if rows is None:
            rows = self._source.rows()
            read_header(self.path, rows)
        return rows

    def _take(self, rows: Iterator[Row | RefusedRow], size: int) -> list[Contact | RefusedRow]:
        """Take up to ``size`` rows that are not empty, and not many more characters than a batch may hold."""
        reader = self._reader
        most_characters = reader.characters + _MOST_CHARACTERS_IN_BATCH
        batch: list[Contact | RefusedRow] = []
        for row in rows:
            judged = row if isinstance(row, RefusedRow) else reader.read(*row)
            if judged is not None:
                batch.append(judged)
                if len(batch) >= size or reader.characters > most_characters:
                    break
        return batch

    def _without_duplicates(self, batch: list[Contact | RefusedRow], seen: SeenAddresses) -> list[Contact | RefusedRow]:
        key = self._address_key
        first = seen.add([(key(row.address), row.line) for row in batch if isinstance(row, Contact)])
        if not first:
            return batch
        return [
            refused(row.line, f"duplicate of line {first[row.line]}", row.fields.values())
            if isinstance(row, Contact) and row.line in first
            else row
            for row in batch
        ]


def open_audience(
    path: Path,
    *,
    address_column: str = "email",
    rename: Mapping[str, str] | None = None,
    parse_address: Callable[[str], str] = parse_address,
    address_key: Callable[[str], str] = address_key,
) -> Audience:
    """Open a CSV or XLSX file and check that it is a table with an address column.

    ``rename`` gives columns other names before anything else is done with them; "" leaves a column out.
    ``parse_address`` returns the normal form of an address or raises ValueError(reason); ``address_key`` tells which
    addresses are the same recipient. Reads the whole file once, for its digest: about a second per GB.
    Raises InputError with one problem: what is wrong, where, and what is accepted.
    """
    with ExitStack() as undo:
        descriptor = open_file(path)
        undo.callback(os.close, descriptor)

        def is_header(cells: list[str]) -> bool:
            return (
                find_address_column(new_names([clean_name(cell) for cell in cells], rename), address_column) is not None
            )

        kind, source = find_source(path, descriptor, is_header)
        undo.callback(source.close)
        started = source.rows()
        mapping = map_columns(path, *read_header(path, started), address_column, rename=rename)
        digest = _digest(descriptor)
        undo.pop_all()
    return Audience(
        path=path,
        descriptor=descriptor,
        kind=kind,
        source=source,
        started=started,
        mapping=mapping,
        digest=digest,
        parse_address=parse_address,
        address_key=address_key,
    )


def open_file(path: Path) -> int:
    """Open without waiting, so that a pipe in the place of a file is no trap. Returns a descriptor; raises InputError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise unreadable(path, f"there is no such file; {ACCEPTED}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise unreadable(path, f"the file cannot be opened: {reason}; {ACCEPTED}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        what = "a directory" if stat.S_ISDIR(mode) else "not a file"
        raise unreadable(path, f"this is {what}; {ACCEPTED}")
    return descriptor


def find_source(path: Path, descriptor: int, is_header: Callable[[list[str]], bool]) -> tuple[FileKind, Source]:
    """Tell what a file is, and how to read it; ``is_header`` says whether cells can be its header. Raises InputError."""
    head = os.pread(descriptor, _HEAD_BYTES, 0)
    kind = recognise(path, descriptor, head)
    if kind is FileKind.XLSX:
        return kind, XlsxSource(path, descriptor)
    return kind, CsvSource(path, descriptor, head, is_header)


def read_header(path: Path, rows: Iterator[Row | RefusedRow]) -> Row:
    """Take the header off the rows. Raises InputError when there is none, or it cannot be read."""
    for row in rows:
        if isinstance(row, RefusedRow):
            raise unreadable(path, f"the header cannot be read: {row.reason}", line=row.line)
        if any(map(str.strip, row[1])):
            return row
    raise unreadable(path, f"the table is empty; {ACCEPTED}")


def _digest(descriptor: int) -> str:
    digest = hashlib.blake2b(digest_size=32)
    offset = 0
    while block := os.pread(descriptor, _DIGEST_BLOCK_BYTES, offset):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()


def _file_version(descriptor: int) -> tuple[int, int]:
    facts = os.fstat(descriptor)
    return facts.st_size, facts.st_mtime_ns
