"""The sandbox's record on disk: one JSON line per complete message, and a folder of messages for people to look at.

A line is in the file (and, if durable, on the disk) before the reply to its message is given.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from paceline.domain.errors import InputError, Problem

Written = Callable[[BaseException | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record: a message that arrived complete."""

    received_at: float
    """UTC seconds at the final dot."""
    recipients: tuple[str, ...]
    sender: str
    username: str
    message_id: str
    size: int
    """Octets of the message, dots no longer doubled."""
    sha256: str
    connection: int
    reply: str | None
    """The reply that was decided on; None when a rule let none be given."""
    stored: bool
    """Whether the server took the message: only then it is a copy."""
    rule: str | None
    """The name of the rule that decided, None when the server behaved."""
    violations: tuple[str, ...]
    file: str | None
    """The file of the message in the folder of kept messages."""

    def line(self) -> bytes:
        """The entry as one line of JSON."""
        return (
            f'{{"received_at":{self.received_at!r},"recipients":{_list(self.recipients)},"sender":{_text(self.sender)},'
            f'"username":{_text(self.username)},"message_id":{_text(self.message_id)},"size":{self.size},'
            f'"sha256":"{self.sha256}","connection":{self.connection},"reply":{_text(self.reply)},'
            f'"stored":{"true" if self.stored else "false"},"rule":{_text(self.rule)},'
            f'"violations":{_list(self.violations)},"file":{_text(self.file)}}}\n'
        ).encode()


def _text(value: str | None) -> str:
    # Written by hand: the general encoder takes three times as long, and there is one line per message.
    return "null" if value is None else encode_basestring_ascii(value)


def _list(values: tuple[str, ...]) -> str:
    return f"[{','.join(map(encode_basestring_ascii, values))}]"


def read_record(path: Path) -> Iterator[Entry]:
    """Read a record, oldest first. A last line without its end was never answered and is left out.

    Raises InputError for a line that is not one of ours.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield _entry(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise InputError(
                    [Problem(file=str(path), line=number, message="not a line of a sandbox's record")]
                ) from error


def _entry(fields: dict[str, Any]) -> Entry:
    lists: dict[str, Any] = {name: tuple(fields.pop(name)) for name in ("recipients", "violations")}
    return Entry(**fields, **lists)


class RecordFile:
    """Appends lines, those of all connections that are there in one write; durable: in a thread, with one fsync."""

    def __init__(self, path: Path, *, durable: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._cut_torn_line()
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "sandbox-record") if durable else None
        self._waiting: list[tuple[bytes, Written]] = []
        self._under_way: asyncio.Future[None] | None = None

    def _cut_torn_line(self) -> None:
        """Drop what a killed run left half written: it was never answered."""
        end = os.lseek(self._file, 0, os.SEEK_END)
        position = end
        while position > 0:
            start = max(0, position - 4096)
            newline = os.pread(self._file, position - start, start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        if position != end:
            os.ftruncate(self._file, position)

    def append(self, line: bytes, written: Written) -> None:
        """Write one line and call ``written`` with None once it is in the file, or with the error."""
        self._waiting.append((line, written))
        if len(self._waiting) == 1 and self._under_way is None:
            self._loop.call_soon(self._write_group)

    def _write_group(self) -> None:
        group, self._waiting = self._waiting, []
        lines = b"".join([line for line, _ in group])
        if self._thread is not None:
            self._under_way = self._loop.run_in_executor(self._thread, self._write_durably, lines)
            self._under_way.add_done_callback(partial(self._thread_has_written, group))
            return
        try:
            self._write(lines)
        except OSError as error:
            _tell(group, error)
        else:
            _tell(group, None)

    def _write_durably(self, lines: bytes) -> None:
        self._write(lines)
        os.fsync(self._file)

    def _write(self, lines: bytes) -> None:
        while lines:
            lines = lines[os.write(self._file, lines) :]

    def _thread_has_written(self, group: list[tuple[bytes, Written]], work: asyncio.Future[None]) -> None:
        self._under_way = None
        if self._waiting:
            self._write_group()
        _tell(group, work.exception())

    async def close(self) -> None:
        """Write what is waiting and close the file."""
        while self._waiting or self._under_way is not None:
            await (asyncio.wait([self._under_way]) if self._under_way is not None else asyncio.sleep(0))
        if self._thread is not None:
            self._thread.shutdown()
        os.close(self._file)


def _tell(group: list[tuple[bytes, Written]], error: BaseException | None) -> None:
    for _, written in group:
        written(error)


class MessageFolder:
    """A folder with every stored message as it arrived, ``00000001.eml`` and so on; numbers go on after a restart."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._last = max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()), default=0)

    def keep(self, data: bytes) -> str:
        """Write a message and return the name of its file. Raises OSError."""
        self._last += 1
        name = f"{self._last:08d}.eml"
        (self._folder / name).write_bytes(data)
        return name
