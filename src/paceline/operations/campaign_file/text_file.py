"""Files that a campaign file names: bounded; texts are UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from paceline.domain.errors import PacelineError

LARGEST_FILE = 1_000_000
"""Bytes."""


class UnusableFile(PacelineError):
    """A file is not one; ``reason`` goes on after its name, ``line`` says where it goes wrong."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read_text(path: Path) -> str:
    """The text of a file, lines ended by LF, without a byte order mark. Raises UnusableFile."""
    data = read_bytes(path, LARGEST_FILE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableFile("is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (byte 0x{data[error.start]:02X} in line {line}); save it as UTF-8"
        raise UnusableFile(reason, line) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnusableFile("is empty")
    return text


def require_file(path: Path) -> None:
    """Raise UnusableFile unless there is a file."""
    os.close(_open(path))


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of a file of at most ``largest`` bytes. Raises UnusableFile."""
    with open(_open(path), "rb") as file:
        try:
            data = file.read(largest + 1)
        except OSError as error:
            raise UnusableFile(f"cannot be read: {error.strerror}") from None
    if len(data) > largest:
        raise UnusableFile(f"is larger than {round(largest / 1e6)} MB")
    return data


def _open(path: Path) -> int:
    """Open without waiting, so that a pipe in the place of a file is no trap."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UnusableFile("does not exist") from None
    except OSError as error:
        raise UnusableFile(f"cannot be opened: {error.strerror}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UnusableFile("is a directory" if stat.S_ISDIR(mode) else "is not a file")
    return descriptor
