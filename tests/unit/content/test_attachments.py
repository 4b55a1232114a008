"""Attachments: every file arrives byte for byte under its name, and the message around it is read as before."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, strategies as st

from paceline.content.attachments import Attachment
from paceline.content.email import EmailRenderer
from paceline.domain.hosted_file import kind_of, safe_name
from unit.content.letters import AT, assert_sendable, make_content, read


def sent(*files: Attachment, html: str = "<p>Grüße</p>", text: str | None = None) -> EmailMessage:
    content = make_content(html=html, text=text)
    renderer = EmailRenderer(content, domain="example.com", secret=b"s", attachments=files)
    data = renderer.render(address="jo@example.org", fields={}, message_key="1", account_from="", at=AT).data
    assert_sendable(data)
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


@given(data=st.binary(min_size=1, max_size=400), name=st.text(max_size=60))
def test_file_arrives_as_it_is(data: bytes, name: str) -> None:
    kind = kind_of(b"%PDF-" + data, "a.pdf")
    message = sent(Attachment(name=safe_name(name, kind), media_type=kind.media_type, data=data))
    (part,) = message.iter_attachments()
    assert part.get_payload(decode=True) == data
    assert part.get_filename() == safe_name(name, kind)
    assert part.get_content_type() == "application/pdf"
    assert part.get_content_disposition() == "attachment"


@pytest.mark.parametrize(
    ("html", "text"), [("<p>Grüße</p>", None), ("", "Hello\n"), ("<p>日本語の手紙です</p>", "x\n")]
)
def test_message_around_it_is_read_as_before(html: str, text: str | None) -> None:
    files = [Attachment(name=f"{n}.txt", media_type="text/plain", data=b"--=_paceline_--\r\n" * 3) for n in range(3)]
    message = sent(*files, html=html, text=text)
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_filename() for part in message.iter_attachments()] == ["0.txt", "1.txt", "2.txt"]
    content = make_content(html=html, text=text)
    plain = EmailRenderer(content, domain="example.com", secret=b"s")
    without = read(plain.render(address="jo@example.org", fields={}, message_key="1", account_from="", at=AT).data)
    attached = read(message.as_bytes())
    assert (attached.text, attached.html) == (without.text, without.html)
