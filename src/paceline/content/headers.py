"""Header fields: encoded words (RFC 2047), folding and quoting (RFC 5322), dates. 7-bit ASCII, no injection."""

from __future__ import annotations

import re
import time
from binascii import b2a_base64

from paceline.domain.address import Mailbox

LONGEST_LINE = 76  # RFC 2047 section 2, for lines that hold an encoded word; RFC 5322 advises 78
_LONGEST_WORD = 75
_WORD_FRAME = len("=?utf-8?b?" + "?=")

_BREAKS = re.compile("[ \t]*[\x00-\x1f\x7f-\x9f\u2028\u2029]+[ \t]*")
_FOLDABLE = re.compile(r"[!-~]{1,70}(?: [!-~]{1,70})*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LONGEST_NAME = 60  # written as it is; a longer one is folded as encoded words
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def one_line(text: str) -> str:
    """Line breaks and control characters, with the spaces around them, become one space; those at the ends go."""
    if text.isprintable():
        return text.strip()
    return _BREAKS.sub(" ", text).strip()


def encode_unstructured(name: str, text: str) -> str:
    """A whole header field such as Subject, folded, with its CRLF. ``text`` is one line (see ``one_line``)."""
    if text.isascii() and "=?" not in text:
        if len(name) + 2 + len(text) <= LONGEST_LINE:
            return f"{name}: {text}\r\n"
        if _FOLDABLE.fullmatch(text):
            return _fold(f"{name}: {text}")
    return f"{name}: {encode_words(text, len(name) + 2)}\r\n"


def encode_words(text: str, column: int) -> str:
    """Encoded words, folded between each two; the first one stands at ``column`` of its line."""
    data = text.encode()
    words: list[str] = []
    start = 0
    while start < len(data):
        room = min(_LONGEST_WORD, LONGEST_LINE - (1 if words else column)) - _WORD_FRAME
        end = min(len(data), start + max(1, room // 4) * 3)
        while end < len(data) and data[end] & 0xC0 == 0x80:  # no character is split
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(data[start:end], newline=False).decode('ascii')}?=")
        start = end
    return "\r\n ".join(words)


def encode_mailbox(name: str, mailbox: Mailbox) -> str:
    """A whole header field with one mailbox, folded before its address where that is too long, with its CRLF."""
    if not mailbox.name:
        return f"{name}: {mailbox.address}\r\n"
    phrase = encode_phrase(mailbox.name, len(name) + 2)
    last_line = phrase.rpartition("\n")[2]
    column = len(last_line) + (0 if "\n" in phrase else len(name) + 2)
    separator = " " if column + len(mailbox.address) + 3 <= LONGEST_LINE else "\r\n "
    return f"{name}: {phrase}{separator}<{mailbox.address}>\r\n"


def encode_phrase(name: str, column: int) -> str:
    """A display name: as it is, quoted, or as encoded words."""
    if not name.isascii() or len(name) > _LONGEST_NAME:
        return encode_words(name, column)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def encode_recipient(address: str) -> str:
    """The To field. An address that ASCII cannot hold is shown as an empty group (RFC 6857 section 3.1.8)."""
    if address.isascii():
        return f"To: {address}\r\n"
    return f"To: {encode_words(address, 4)}\r\n :;\r\n"


def format_date(at: float) -> str:
    """An instant as RFC 5322 section 3.3 writes it, in UTC."""
    year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(at)
    return f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} {hour:02d}:{minute:02d}:{second:02d} +0000"


def _fold(field: str) -> str:
    """Fold at single spaces; a line break and a space stand where a space stood."""
    lines: list[str] = []
    while len(field) > LONGEST_LINE:
        cut = field.rfind(" ", 1, LONGEST_LINE + 1)
        lines.append(field[:cut])
        field = field[cut:]
    return "\r\n".join([*lines, field]) + "\r\n"
