"""What the SMTP sandbox says when it behaves: every normal reply in one table (RFC 5321, 3463, 4954)."""

from __future__ import annotations

from typing import Final

MAX_MESSAGE_BYTES: Final = 50_000_000
MAX_RECIPIENTS: Final = 1_000

GREETING: Final = b"220 sandbox.invalid ESMTP Paceline sandbox\r\n"
HELLO: Final = b"250 sandbox.invalid\r\n"
CAPABILITIES: Final = (
    b"PIPELINING",
    b"SIZE %d" % MAX_MESSAGE_BYTES,
    b"8BITMIME",
    b"SMTPUTF8",
    b"ENHANCEDSTATUSCODES",
    b"AUTH PLAIN LOGIN XOAUTH2",
)
READY_FOR_TLS: Final = b"220 2.0.0 ready to start TLS\r\n"
CLOSING: Final = b"221 2.0.0 bye\r\n"
LOGGED_IN: Final = b"235 2.7.0 logged in\r\n"
SENDER_OK: Final = b"250 2.1.0 sender ok\r\n"
RECIPIENT_OK: Final = b"250 2.1.5 recipient ok\r\n"
OK: Final = b"250 2.0.0 ok\r\n"
STORED: Final = b"250 2.0.0 stored\r\n"
CANNOT_VERIFY: Final = b"252 2.1.5 send some mail, it will be recorded\r\n"
GO_AHEAD: Final = b"354 end with <CR><LF>.<CR><LF>\r\n"
IDLE: Final = b"421 4.4.2 idle for too long\r\n"
TOO_MANY_RECIPIENTS: Final = b"452 4.5.3 too many recipients\r\n"
LINE_TOO_LONG: Final = b"500 5.5.6 line too long\r\n"
BARE_LINE_ENDING: Final = b"500 5.5.2 lines end in <CR><LF>\r\n"
UNKNOWN_COMMAND: Final = b"500 5.5.2 unknown command\r\n"
BAD_ARGUMENT: Final = b"501 5.5.4 arguments not understood\r\n"
BAD_ADDRESS: Final = b"501 5.1.3 not an address\r\n"
BAD_BASE64: Final = b"501 5.5.2 not base64\r\n"
CANCELLED: Final = b"501 5.7.0 login cancelled\r\n"
NOT_OFFERED: Final = b"502 5.5.1 not offered\r\n"
BAD_SEQUENCE: Final = b"503 5.5.1 not now\r\n"
GREET_FIRST: Final = b"503 5.5.1 EHLO first\r\n"
UNKNOWN_MECHANISM: Final = b"504 5.5.4 mechanism not offered\r\n"
WRONG_LOGIN: Final = b"535 5.7.8 login refused\r\n"
BARE_IN_MESSAGE: Final = b"550 5.5.2 bare <CR> or <LF> in the message\r\n"
NUL_IN_MESSAGE: Final = b"550 5.6.0 NUL in the message\r\n"
LONG_LINE_IN_MESSAGE: Final = b"550 5.6.0 a line of the message exceeds 998 octets\r\n"
TOO_BIG: Final = b"552 5.3.4 message too big\r\n"
NEEDS_SMTPUTF8: Final = b"553 5.6.7 address needs SMTPUTF8\r\n"
NO_RECIPIENTS: Final = b"554 5.5.1 no valid recipients\r\n"
UNKNOWN_PARAMETER: Final = b"555 5.5.4 parameter not known\r\n"


def ehlo(*, tls: bool) -> bytes:
    """The reply to EHLO, one capability a line."""
    lines = (b"sandbox.invalid", *CAPABILITIES, *((b"STARTTLS",) if tls else ()))
    return multiline(b"250", lines)


def multiline(code: bytes, lines: tuple[bytes, ...]) -> bytes:
    """A reply of one or more lines with the same code (RFC 5321 section 4.2.1)."""
    *others, last = lines
    return b"".join(code + b"-" + line + b"\r\n" for line in others) + code + b" " + last + b"\r\n"


def without_capabilities(reply: bytes, names: tuple[str, ...]) -> bytes:
    """An EHLO reply with some capabilities taken out."""
    unwanted = {name.upper().encode() for name in names}
    lines = [line[4:] for line in reply.split(b"\r\n") if line]
    return multiline(reply[:3], (lines[0], *(one for one in lines[1:] if one.split(b" ")[0].upper() not in unwanted)))


def as_text(reply: bytes) -> str:
    """A reply as people read it: without the line ending, lines parted by a line feed."""
    return reply.rstrip(b"\r\n").replace(b"\r\n", b"\n").decode("utf-8", "replace")
