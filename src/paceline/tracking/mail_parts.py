"""Reading mail that others wrote: never raises, whatever is broken in it, and never reads more than it must."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message

from paceline.content.html_reader import Tag, read_html

MOST_BYTES = 1 << 18
"""What stands behind is not read: a report says what it has to say at its beginning."""

_MOST_PARTS = 100
_LONGEST_TEXT = 100_000
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$")


def parse_mail(raw: bytes) -> Message:
    """A message of anybody's making."""
    return email.message_from_bytes(raw[:MOST_BYTES])


def parts(message: Message) -> Iterator[Message]:
    """The message and everything in it, up to a hundred parts."""
    for count, part in enumerate(message.walk()):
        if count >= _MOST_PARTS:
            return
        yield part


def header(message: Message, name: str) -> str:
    """A header field as text, encoded words resolved; "" when there is none."""
    try:
        pieces = decode_header(message.get(name, ""))
        words = [
            _words(piece, charset or "latin-1") if isinstance(piece, bytes) else piece for piece, charset in pieces
        ]
    except Exception:  # whatever a stranger's header makes the standard library stumble over
        return str(message.get(name, ""))
    return " ".join("".join(words).split())


def _words(piece: bytes, charset: str) -> str:
    """What stands in a header unencoded is mostly UTF-8."""
    return piece.decode("utf-8" if charset == "unknown-8bit" else charset, "replace")


def decoded(part: Message) -> str:
    """What one part holds, as it is."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return data.decode(part.get_content_charset("utf-8"), "replace")[:_LONGEST_TEXT]
    except (LookupError, ValueError):
        return data.decode("latin-1")[:_LONGEST_TEXT]


def text_of(part: Message) -> str:
    """The text of one part; HTML without its tags."""
    text = decoded(part)
    return "".join(map(_plain, read_html(text))) if part.get_content_subtype() == "html" else text


def body_text(message: Message) -> str:
    """All text of a message, up to where the returned message begins."""
    found = []
    for part in parts(message):
        if part is not message and part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            break
        if part.get_content_maintype() == "text" and not part.is_multipart():
            found.append(text_of(part))
    return "\n".join(found)


def field_blocks(part: Message) -> list[dict[str, str]]:
    """The blocks of fields in a machine-readable part (RFC 3464, 5965), however it was encoded on the way."""
    if part.is_multipart():
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).encode("ascii", "replace")
        data = b"\n\n".join(map(_as_it_came, part.get_payload()))
        part = email.message_from_bytes(b"Content-Transfer-Encoding: " + encoding + b"\n\n" + data)
    text = text_of(part)
    blocks = [_fields(block) for block in _BLANK_LINES.split(text.replace("\r\n", "\n"))]
    return [block for block in blocks if block]


def _as_it_came(block: Message | str) -> bytes:
    try:
        return block.as_bytes() if isinstance(block, Message) else block.encode("utf-8", "surrogateescape")
    except (UnicodeError, ValueError, KeyError):  # what the standard library read and cannot write
        return str(block).encode("utf-8", "replace")


def _fields(block: str) -> dict[str, str]:
    """Field names in lower case; the first of a name counts, folded lines are joined."""
    found: dict[str, str] = {}
    name = ""
    for line in block.split("\n"):
        if line[:1] in (" ", "\t") and name:
            found[name] += " " + line.strip()
            continue
        match = _FIELD.match(line)
        name = match[1].lower() if match and match[1].lower() not in found else ""
        if match and name:
            found[name] = match[2].strip()
    return found


def _plain(piece: Tag | str) -> str:
    if isinstance(piece, str):
        return piece
    return "\n" if piece.name in ("br", "p", "div", "tr", "li", "td", "h1", "h2", "h3", "pre", "table") else ""
