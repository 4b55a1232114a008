"""What stands in a received message: the dots taken off again, and what its octets break (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from paceline.sandbox import replies
from paceline.sandbox.mailbox import Violation

_LONGEST_LINE: Final = 998
_ANY_END: Final = re.compile(rb"(?:\r\n|\r|\n)\.(?:\r\n|\r|\n)")
_REFUSALS: Final = {
    Violation.BARE_LINE_ENDING: replies.BARE_IN_MESSAGE,
    Violation.NUL_BYTE: replies.NUL_IN_MESSAGE,
    Violation.LINE_TOO_LONG: replies.LONG_LINE_IN_MESSAGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message as it was meant, and what was wrong with it on the wire."""

    data: bytes
    message_id: str
    violations: tuple[Violation, ...]
    refusal: bytes | None
    """The reply when it cannot be accepted."""


TOO_BIG_MESSAGE: Final = ReceivedMessage(data=b"", message_id="", violations=(), refusal=replies.TOO_BIG)
"""Stands for a message of which nothing was kept."""


def inspect(raw: bytes, *, eight_bit: bool) -> ReceivedMessage:
    """Read the octets between 354 and the final dot; ``eight_bit`` when the client declared 8BITMIME or SMTPUTF8."""
    has_dots = b"\r\n." in raw or raw[:1] == b"."
    data = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n")[2:] if has_dots else raw
    is_plain = not (has_dots or _has_bare_ending(raw) or b"\0" in raw or has_long_line(raw))
    violations = () if is_plain and (eight_bit or raw.isascii()) else _violations(raw, eight_bit=eight_bit)
    return ReceivedMessage(
        data=data,
        message_id=_message_id(data),
        violations=violations,
        refusal=next((_REFUSALS[one] for one in violations if one in _REFUSALS), None) if violations else None,
    )


def _violations(raw: bytes, *, eight_bit: bool) -> tuple[Violation, ...]:
    bare = _has_bare_ending(raw)
    broken = {
        Violation.BARE_LINE_ENDING: bare,
        Violation.SMUGGLED_END: bare and _ANY_END.search(raw) is not None,
        Violation.NUL_BYTE: b"\0" in raw,
        Violation.LINE_TOO_LONG: has_long_line(raw),
        Violation.UNDOUBLED_DOT: _has_undoubled_dot(b"\r\n" + raw),
        Violation.EIGHT_BIT_UNDECLARED: not eight_bit and not raw.isascii(),
    }
    return tuple(violation for violation, is_so in broken.items() if is_so)


def _has_bare_ending(raw: bytes) -> bool:
    lines = raw.count(b"\r\n")
    return lines != raw.count(b"\n") or lines != raw.count(b"\r")


def has_long_line(raw: bytes) -> bool:
    """Whether a line exceeds 998 octets without its CRLF (RFC 5321 section 4.5.3.1.6)."""
    start, end = 0, len(raw)
    while end - start > _LONGEST_LINE:
        # From a line's start leap to the last line ending within reach: a few steps per kilobyte, not one per line.
        newline = raw.rfind(b"\n", start, start + _LONGEST_LINE + 2)
        if newline < 0:
            return True
        start = newline + 1
    return False


def _has_undoubled_dot(raw: bytes) -> bool:
    return raw.count(b"\r\n.") != raw.count(b"\r\n..")


def _message_id(data: bytes) -> str:
    header = data[: data.find(b"\r\n\r\n") + 2] if b"\r\n\r\n" in data else data
    start = (b"\n" + header).lower().find(b"\nmessage-id:")
    if start < 0:
        return ""
    value = header[start + len(b"message-id:") :].split(maxsplit=1)
    return value[0].decode("utf-8", "replace") if value else ""
