"""Bytes in a known, an unknown or several encodings -> lines of text, with bounded memory.

A line that is not UTF-8 is read by itself as Windows-1252, so that a file with rows from several programs reads right.
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator

CHUNK_BYTES = 256 * 1024
LONGEST_LINE_BYTES = 1024 * 1024

OVERLONG_LINE = "\0 a line longer than 1 MB \0\n"
"""Stands for a line that was skipped because of its length; compare with ``is``."""

_MARKS = {  # the longer ones first: UTF-32's begins like UTF-16's
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    codecs.BOM_UTF8: "utf-8",
}

# Windows-1252, with Latin-1 for the five bytes that it leaves undefined.
_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))


def find_encoding(head: bytes) -> tuple[str, int]:
    """Tell a codec's name and how many bytes its mark takes. Without a mark: UTF-16 by its zeros, else UTF-8."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name, len(mark)
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le", 0
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be", 0
    return "utf-8", 0


def describe_encoding(name: str, head: bytes) -> str:
    """Name the encoding as a person knows it, from the file's first lines."""
    if name != "utf-8":
        return name
    lines = [line for line in head.splitlines() if not line.isascii()]
    valid = sum(map(_is_utf8, lines))
    if valid == len(lines):
        return "utf-8"
    return "utf-8 and windows-1252" if valid else "windows-1252"


def read_lines(descriptor: int, encoding: str, start: int) -> Iterator[list[str]]:
    """Yield the file's lines with their endings (CR, LF or CRLF) in lists of one chunk each.

    A line longer than 1 MB becomes ``OVERLONG_LINE``. Line separators other than CR and LF are text.
    """
    chunks = _chunks(descriptor, start)
    if encoding != "utf-8":
        chunks = _as_utf8(chunks, encoding)
    for block in _whole_lines(chunks):
        yield [OVERLONG_LINE] if block is None else _decode(block)


def _chunks(descriptor: int, start: int) -> Iterator[bytes]:
    offset = start
    while chunk := os.pread(descriptor, CHUNK_BYTES, offset):
        yield chunk
        offset += len(chunk)


def _as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Lone surrogates pass, so that only their row is refused; half a character at the very end is dropped."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes | None]:
    """Yield blocks that end where a line ends, and None for each line that is too long to be held."""
    rest, skipping = b"", False
    for chunk in chunks:
        if skipping:
            end = _first_line_end(chunk)
            if end == 0:
                continue
            chunk, skipping = chunk[end:], False
        block = rest + chunk
        cut = _last_line_end(block)
        if cut:
            yield block[:cut]
        rest = block[cut:]
        if len(rest) > LONGEST_LINE_BYTES:
            yield None
            rest, skipping = b"", True
    if rest:
        yield rest


def _first_line_end(block: bytes) -> int:
    return block.find(b"\n") + 1 or block.find(b"\r", 0, -1) + 1


def _last_line_end(block: bytes) -> int:
    """A CR that is the last byte may be half of a CRLF: it waits for the next chunk."""
    return max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1


def _decode(block: bytes) -> list[str]:
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return [_decode_line(line) for line in block.splitlines(keepends=True)]
    return io.StringIO(text, newline="").readlines()


def _decode_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        pass
    if b"\xed" in line:  # surrogates as three bytes each (CESU-8, old MySQL and Java): join the pairs, keep lone ones
        try:
            halves = line.decode("utf-8", "surrogatepass")
            return halves.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        except UnicodeDecodeError:
            pass
    return codecs.charmap_decode(line, "strict", _WINDOWS_1252)[0]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
