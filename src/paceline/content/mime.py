"""The body of a message (RFC 2045, 2046): what frames its parts, and base64 for those that travel so."""

from __future__ import annotations

from binascii import b2a_base64
from enum import StrEnum

SEPARATOR = "\0"
"""Stands around a part that is to be encoded as a whole, after rendering; no part can hold it."""

_BOUNDARY = "=_paceline_"
# cannot stand in a part: in quoted-printable "=" is followed by a hexadecimal digit or a line break, base64 has no "_"

_BASE64_LINE = 76  # characters


class Transfer(StrEnum):
    """How a part travels (RFC 2045 section 6); both are 7-bit with short lines."""

    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


def choose_transfer(text: str) -> Transfer:
    """Quoted-printable where most characters are ASCII, else base64."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return Transfer.BASE64 if foreign * 3 > len(text) else Transfer.QUOTED_PRINTABLE


def frame_body(text: Transfer | None, html: Transfer | None) -> tuple[str, str, str]:
    """What stands before the text, between text and HTML, and behind: from MIME-Version to the end of the message.

    multipart/alternative where there are two parts, else the only one. None: there is no such part.
    """
    before_text, after_text = _frame_part("plain", text)
    before_html, after_html = _frame_part("html", html)
    if text is None or html is None:
        return f"MIME-Version: 1.0\r\n{before_text}", after_text + before_html, after_html
    beginning = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'
    return (
        f"{beginning}--{_BOUNDARY}\r\n{before_text}",
        f"{after_text}\r\n--{_BOUNDARY}\r\n{before_html}",
        f"{after_html}\r\n--{_BOUNDARY}--\r\n",
    )


def finish_body(body: str) -> str:
    """Encode the parts of a rendered body that stand between separators."""
    if SEPARATOR not in body:
        return body
    pieces = body.split(SEPARATOR)
    pieces[1::2] = [encode_base64(piece) for piece in pieces[1::2]]
    return "".join(pieces)


def encode_base64(text: str) -> str:
    """A part in base64, its line breaks made canonical first (RFC 2045 section 6.8)."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    encoded = b2a_base64(data, newline=False).decode("ascii")
    lines = [encoded[start : start + _BASE64_LINE] for start in range(0, len(encoded), _BASE64_LINE)]
    return "\r\n".join([*lines, ""])


def _frame_part(subtype: str, transfer: Transfer | None) -> tuple[str, str]:
    if transfer is None:
        return "", ""
    headers = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
    mark = SEPARATOR if transfer is Transfer.BASE64 else ""
    return headers + mark, mark
