"""The file of refused rows: line, reason, and the cells as they were, safe to open in a spreadsheet.

It is written beside its name and takes the name's place as a whole when it is finished; of several processes that
write the same one, each writes its own, and the last one wins.
"""

from __future__ import annotations

import csv
import fcntl
import glob
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from paceline.audience.contact import RefusedRow

# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA_START = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_PARTIAL = ".partial"
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


class RefusedRowsFile:
    """Writes ``KEY.refused.csv`` (UTF-8, comma, CRLF as RFC 4180 says), readable by its owner only.

    A context manager: at the end the file replaces an older one of its name at once; after an exception, and when
    there was no row, nothing is left behind. ``path`` exists only after the end, and only if ``count`` is not 0.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.count = 0
        _remove_leftovers(path)
        descriptor, partial = tempfile.mkstemp(prefix=f"{path.name}.", suffix=_PARTIAL, dir=path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._partial = Path(partial)
        self._file = open(descriptor, "w", encoding="utf-8", newline="")  # noqa: SIM115  # closed by finish or abandon
        self._writer = csv.writer(self._file)
        self._writer.writerow(map(_harmless, ("line", "reason", *columns)))

    def write(self, rows: Iterable[RefusedRow]) -> None:
        """Add rows."""
        for row in rows:
            self._writer.writerow([row.line, *map(_harmless, (row.reason, *row.cells))])
            self.count += 1

    def finish(self) -> None:
        """Put the file in its place. Raises OSError when there is no room; the older file is then as it was.

        After ``abandon`` there is nothing left to do.
        """
        if self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError:
            self.abandon()
            raise
        if self.count:
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Drop what was written; an older file stays as it was."""
        self._partial.unlink(missing_ok=True)
        with suppress(OSError):  # closing writes what is left, and may find the disk full once more
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.abandon()


def _remove_leftovers(path: Path) -> None:
    """Remove what killed processes left; a file that is still being written is locked."""
    for leftover in path.parent.glob(f"{glob.escape(path.name)}.*{_PARTIAL}"):
        with suppress(OSError), leftover.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def _harmless(cell: str) -> str:
    text = _UNWRITABLE.sub("\ufffd", cell)
    return "'" + text if _FORMULA_START.match(text) else text
