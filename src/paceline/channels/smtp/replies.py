"""Replies of an SMTP server: from bytes to values, bounded, and safe to show. What they mean is in reply_codes.py."""

from __future__ import annotations

import re
from typing import NamedTuple

from paceline.channels.printable import printable

LONGEST_LINE = 2048  # RFC 5321 section 4.5.3.1.5 allows 512; real servers write longer ones
LONGEST_REPLY = 8192
MOST_LINES = 100

# The first four bytes of a line: the code, and after it a space (or nothing) on the last line, "-" on those before.
_LAST = {b"%d%b" % (code, mark): code for code in range(200, 600) for mark in (b" ", b"\r", b"")}
_CONTINUED = {b"%d-" % code: code for code in range(200, 600)}
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


class UnreadableReply(Exception):
    """What arrived is no SMTP reply, or too long for one; the text says which."""


class Reply(NamedTuple):
    """One reply: its code and its lines as they came. A tuple, because four of them are made for every message."""

    code: int
    raw: tuple[bytes, ...]

    @property
    def lines(self) -> tuple[bytes, ...]:
        """The lines without code and line end."""
        return tuple(line[4:].rstrip(b"\r") for line in self.raw)

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), "" when there is none or its class contradicts the code."""
        match = _ENHANCED.match(self.lines[0])
        if match is None or int(match[1]) != self.code // 100:
            return ""
        return match[0].decode()

    @property
    def text(self) -> str:
        """The whole reply on one line, for people: code, enhanced code once, text."""
        if len(self.raw) == 1:
            return printable(f"{self.code} {self.raw[0][4:].decode('utf-8', 'replace').strip()}")
        first, *others = self.lines
        joined = b" ".join((first, *(_ENHANCED.sub(b"", line, count=1) for line in others)))
        return printable(f"{self.code} {joined.decode('utf-8', 'replace')}")


_make = tuple.__new__  # the class's own constructor runs a frame of Python for every reply


class ReplyParser:
    """Takes what the network brings, in pieces of any size, and gives whole replies."""

    __slots__ = ("_code", "_lines", "_partial", "_size", "between_replies")

    def __init__(self) -> None:
        self._partial = b""
        self._code = 0
        self._lines: list[bytes] = []
        self._size = 0
        self.between_replies = True
        """True when no reply has begun without ending."""

    def feed(self, data: bytes, replies: list[Reply]) -> None:
        """Append the replies that ``data`` completes.

        Raises UnreadableReply for what is no reply; the replies before it are in the list, the parser is then of no
        further use. A line ends in LF, with or without CR before it.
        """
        self.between_replies = False
        if self._partial:
            data = self._partial + data
        lines = data.split(b"\n")
        self._partial = lines.pop()
        for line in lines:
            code = _LAST.get(line[:4])
            if code is not None and not self._lines and len(line) <= LONGEST_LINE:
                replies.append(_make(Reply, (code, (line,))))
            else:
                self._continue(code, line, replies)
        self.between_replies = not self._partial and not self._lines
        if len(self._partial) > LONGEST_LINE:
            raise UnreadableReply(f"a line of more than {LONGEST_LINE} bytes")

    def _continue(self, last_code: int | None, line: bytes, replies: list[Reply]) -> None:
        """A line of a reply that has several."""
        if len(line) > LONGEST_LINE:
            raise UnreadableReply(f"a line of more than {LONGEST_LINE} bytes")
        code = _CONTINUED.get(line[:4]) if last_code is None else last_code
        if code is None or (self._lines and code != self._code):
            raise UnreadableReply(f'"{printable(line[:80].decode("utf-8", "replace"))}"')
        self._code = code
        self._lines.append(line)
        self._size += len(line)
        if len(self._lines) > MOST_LINES or self._size > LONGEST_REPLY:
            raise UnreadableReply(f"a reply of more than {MOST_LINES} lines or {LONGEST_REPLY} bytes")
        if last_code is not None:
            replies.append(Reply(code, tuple(self._lines)))
            self._lines = []
            self._size = 0
