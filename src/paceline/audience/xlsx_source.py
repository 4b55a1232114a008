"""An XLSX file as rows with their numbers in the sheet, read by a child process of its own (xlsx_child).

The child may be hostile, as far as this side is concerned: it is waited for with a limit, and what it says is checked.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from paceline.audience.contact import RefusedRow, Row, refused
from paceline.audience.file_kind import unreadable

SILENCE_SECONDS = 180.0
"""How long the child may say nothing while it is waited for; its own limit of CPU time comes first."""

MOST_FILE_BYTES = 256 * 1024 * 1024

_LONGEST_MESSAGE_BYTES = 16 * 1024 * 1024
_READ_BYTES = 256 * 1024
_CHILD = (sys.executable, "-m", "paceline.audience.xlsx_child")
_TOO_DEMANDING = "the workbook cannot be read within 1.5 GB of memory and the time for its size: save it as CSV"


class XlsxSource:
    """An open workbook. ``rows`` may be called again and starts anew, with another child."""

    encoding: str | None = None
    delimiter: str | None = None

    def __init__(self, path: Path, descriptor: int, *, silence_seconds: float = SILENCE_SECONDS) -> None:
        """Raises InputError when the file is larger than a workbook can be."""
        if os.fstat(descriptor).st_size > MOST_FILE_BYTES:
            raise unreadable(path, f"the workbook is larger than {MOST_FILE_BYTES // 1024**2} MB: save it as CSV")
        self._path = path
        self._descriptor = descriptor
        self._silence_seconds = silence_seconds
        self._children: list[_Child] = []

    def rows(self) -> Iterator[Row | RefusedRow]:
        """Yield every row that is not empty, the header first. Raises InputError when the workbook cannot be read."""
        child = _Child(self._descriptor, self._silence_seconds)
        self._children.append(child)
        with closing(child):
            for message in child.messages():
                match message:
                    case {"rows": [*rows]}:
                        yield from map(self._row, rows)
                    case {"error": str(reason)}:
                        raise unreadable(self._path, _printable(reason))
                    case {"end": True}:
                        return
                    case _:
                        break
        raise unreadable(self._path, _TOO_DEMANDING)

    def close(self) -> None:
        """End every child that is still reading. May be called twice."""
        while self._children:
            self._children.pop().close()

    def _row(self, row: object) -> Row | RefusedRow:
        match row:
            case [int(number), None]:
                return refused(number, "the row is longer than 1 MB")
            case [int(number), [*cells]] if all(type(cell) is str for cell in cells):
                return number, cast("list[str]", cells)
            case _:
                raise unreadable(self._path, _TOO_DEMANDING)


class _Child:
    """One child process and the messages that it writes."""

    def __init__(self, workbook: int, silence_seconds: float) -> None:
        self._silence_seconds = silence_seconds
        self._process = subprocess.Popen(
            _CHILD,
            stdin=workbook,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # the same packages, and no secrets
            start_new_session=True,  # the terminal's Ctrl-C is for us to answer
        )

    def messages(self) -> Iterator[Any]:
        """Yield what the child says until it ends, falls silent, or makes no sense."""
        try:
            for line in self._lines():
                yield json.loads(line)
        except (ValueError, RecursionError):
            return

    def close(self) -> None:
        """Kill the child and wait for it. May be called twice."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _lines(self) -> Iterator[bytearray]:
        received = bytearray()
        while len(received) <= _LONGEST_MESSAGE_BYTES and (block := self._read()):
            end = block.rfind(b"\n") + 1
            if end:
                received += block[:end]
                yield from received.splitlines()
                received.clear()
            received += block[end:]

    def _read(self) -> bytes:
        """The next bytes, or b"" at the end and after too long a silence."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        poll = select.poll()  # select.select would fail above 1,024 open files
        poll.register(descriptor, select.POLLIN)
        ready = poll.poll(self._silence_seconds * 1000)
        return os.read(descriptor, _READ_BYTES) if ready else b""


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:300])
