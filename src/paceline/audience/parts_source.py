"""The parts of a file as another process reads them (parts_child)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from paceline.audience.contact import RefusedRow
from paceline.audience.contact_parts import Part
from paceline.audience.file_kind import unreadable
from paceline.domain.errors import PacelineError, StoreUnavailable

_CHILD = (sys.executable, "-m", "paceline.audience.parts_child")
_NEEDED = ("PATH", "TMPDIR", "LANG", "LC_ALL", "SQLITE_TMPDIR")


class ReaderLost(PacelineError):
    """The process that reads the file has ended without a word: killed, or out of memory."""


class PartsSource:
    """A file that is being read elsewhere. A context manager; at its end the other process is gone."""

    def __init__(self, path: Path, *, rename: Mapping[str, str], cursor: int, part_end: int) -> None:
        """Start to read. Raises InputError when the file cannot be read as an audience."""
        self._path = path
        self._process = subprocess.Popen(
            _CHILD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # the same packages, and no secrets
                **{name: os.environ[name] for name in _NEEDED if name in os.environ},
            },
            start_new_session=True,  # the terminal's Ctrl-C is for us to answer
        )
        try:
            asked = {"path": str(path.absolute()), "rename": dict(rename), "cursor": cursor, "part_end": part_end}
            self._ask(orjson.dumps(asked))
            about = self._message()
        except BaseException:
            self.close()
            raise
        self.digest: str = about["digest"]
        """Of the file's bytes, as Audience.digest."""
        self.columns: tuple[str, ...] = tuple(about["columns"])
        self.by_phone: bool = about["by_phone"]
        """Whether its contacts are known by their phone numbers."""

    def parts(self) -> Iterator[Part]:
        """Yield the parts; the contacts of one are gone when the next is asked for, so that there is never more than one.

        Raises InputError, StoreUnavailable (no room for temporary files), ReaderLost.
        """
        while "end" not in (message := self._message()):
            end, duplicates, refused, contacts = message.pop("part")
            yield Part(
                end=end,
                duplicates=duplicates,
                refused=[RefusedRow(line=line, reason=reason, cells=tuple(cells)) for line, reason, cells in refused],
                contacts=contacts,
            )
            contacts.clear()

    def close(self) -> None:
        """End the other process. May be called twice."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, words: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(words)
            self._process.stdin.close()
        except BrokenPipeError:
            raise ReaderLost(f"{self._path}: the process that reads the file could not start") from None

    def _message(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = self._process.stdout.read(4)
        words = self._process.stdout.read(int.from_bytes(length, "big"))
        if len(length) < 4 or len(words) < int.from_bytes(length, "big"):
            raise ReaderLost(f"{self._path}: the process that reads the file has ended (killed, or out of memory?)")
        message: dict[str, Any] = orjson.loads(words)
        if "error" in message:
            raise unreadable(self._path, "; ".join(message["error"]))
        if "unavailable" in message:
            raise StoreUnavailable(message["unavailable"])
        return message
