"""What goes over the wire: the capabilities a server offers, the envelope of a letter, and its body with doubled dots."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from paceline.channels.base import Letter
from paceline.channels.smtp.replies import Reply
from paceline.domain.outcome import Refused

TERMINATOR = b".\r\n"
"""The final dot. The CRLF before it is the end of the body's own last line."""

_ADDRESS = re.compile(
    r'(?:[^\x00-\x20\x7f<>()\[\]:;@\\,"]+|"[^\x00-\x1f\x7f"\\<>]*")@(?:[A-Za-z0-9._-]+|\[[A-Za-z0-9.:]+\])'
)
_LONGEST_PATH = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the server of one connection offered in its last EHLO reply."""

    pipelining: bool = False
    starttls: bool = False
    eight_bit: bool = False
    utf8: bool = False
    size: int | None = None
    """The largest message in bytes; 0: no limit; None: SIZE is not offered."""
    mechanisms: frozenset[str] = frozenset()
    most_messages: int | None = None
    """MAILMAX of the LIMITS extension (RFC 9422)."""


def read_capabilities(reply: Reply) -> Capabilities:
    """Read an EHLO reply; its first line is the server's name. What is not understood is left out."""
    offered: dict[str, list[str]] = {}
    for line in reply.lines[1:]:
        # "AUTH=LOGIN" is how servers wrote it before RFC 2554, and some still do.
        keyword, *parameters = line.decode("ascii", "replace").upper().replace("AUTH=", "AUTH ").split() or [""]
        offered.setdefault(keyword, []).extend(parameters)
    return Capabilities(
        pipelining="PIPELINING" in offered,
        starttls="STARTTLS" in offered,
        eight_bit="8BITMIME" in offered,
        utf8="SMTPUTF8" in offered,
        size=_number(offered["SIZE"][0] if offered["SIZE"] else "") if "SIZE" in offered else None,
        mechanisms=frozenset(offered.get("AUTH", ())),
        most_messages=_most_messages(offered.get("LIMITS", [])),
    )


def _most_messages(limits: list[str]) -> int | None:
    for limit in limits:
        name, _, value = limit.partition("=")
        if name == "MAILMAX" and _number(value) > 0:
            return _number(value)
    return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0


def envelope(letter: Letter, offered: Capabilities) -> bytes | Refused:
    """MAIL, RCPT and DATA for a letter, or why this server cannot be given it (our own words: "not sent: …").

    Nothing that is not exactly one address and no line end other than CRLF comes past here, whoever made the letter.
    """
    data = letter.data
    parameters = ""
    if offered.size is not None:
        if 0 < offered.size < len(data):
            return Refused(reply=f"not sent: the message has {len(data)} bytes, the server takes {offered.size}")
        parameters = f" SIZE={len(data)}"
    if not data.isascii():
        if not offered.eight_bit:
            return Refused(
                reply="not sent: the message has 8-bit characters, the server takes only 7-bit (no 8BITMIME)"
            )
        parameters += " BODY=8BITMIME"
    if not (_is_address(letter.recipient) and (not letter.sender or _is_address(letter.sender))):
        return Refused(reply="not sent: the sender's or the recipient's address cannot be written in SMTP")
    if not (letter.recipient.isascii() and letter.sender.isascii()):
        if not offered.utf8:
            return Refused(reply="not sent: the address is not ASCII, the server takes only ASCII (no SMTPUTF8)")
        parameters += " SMTPUTF8"
    if not _is_plain_lines(data):
        return Refused(reply="not sent: the message has a NUL or a line end other than CRLF")
    return f"MAIL FROM:<{letter.sender}>{parameters}\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode()


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None and len(text) <= _LONGEST_PATH and text.isprintable()


def _is_plain_lines(data: bytes) -> bool:
    """No NUL, and CRLF at the end and as the only line end. The decoder notes line ends in a quarter of the time of counting."""
    ends = io.IncrementalNewlineDecoder(None, translate=False)
    ends.decode(data.decode("latin-1"))
    return ends.newlines == "\r\n" and data.endswith(b"\r\n") and b"\0" not in data


def double_dots(data: bytes) -> bytes:
    """The body as it is transmitted, without the final dot (RFC 5321 section 4.5.2)."""
    if data.rfind(b"\r\n.") >= 0:  # searching backwards takes half the time
        data = data.replace(b"\r\n.", b"\r\n..")
    return b"." + data if data.startswith(b".") else data
