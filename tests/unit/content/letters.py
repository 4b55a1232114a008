"""Contents and what arrives of them, for the tests of this folder."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from paceline.content.email import EmailContent, EmailRenderer

AT = 1_800_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail program makes of a rendered message."""

    data: bytes
    message: EmailMessage
    subject: str
    text: str | None
    html: str | None


def make_content(**values: Any) -> EmailContent:
    return EmailContent(
        **{"from_address": "Ann Lee <ann@example.com>", "subject": "Hello", "campaign_key": "spring-2027", **values}
    )


def render(
    content: EmailContent, fields: Mapping[str, str] | None = None, *, address: str = "jo@example.org"
) -> Letter:
    """Render one message and read it with the standard library."""
    renderer = EmailRenderer(content, domain="example.com", secret=b"a secret of this test")
    rendered = renderer.render(address=address, fields=fields or {}, message_key="1", account_from="", at=AT)
    return read(rendered.data)


def read(data: bytes) -> Letter:
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Letter(
        data=data,
        message=message,
        subject=str(message["subject"]),
        text=None if text is None else _content(text),
        html=None if html is None else _content(html),
    )


def _content(part: Any) -> str:
    """The exact text of a part, with "\\n" for its CRLF."""
    payload: bytes = part.get_payload(decode=True)
    return payload.decode("utf-8").replace("\r\n", "\n")


def assert_sendable(data: bytes) -> None:
    """7-bit ASCII, CRLF only, no NUL, lines of at most 998 octets, a CRLF at the end."""
    assert data.isascii()
    assert b"\0" not in data
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
