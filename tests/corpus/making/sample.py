"""What a sample of the bounce corpus is, and the frames that mail systems put around their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LETTER_ID = "<0f3c5a7e9b1d2468ace013579bdf2468@news.example.org>"
BOUNCES = "bounce+tag@news.example.org"
_DATE = "Tue, 17 Nov 2026 09:14:08 +0000"
_BOUNDARY = "=_report_8F3A.1763370848"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail, and what is to be read in it.

    ``kind`` is hard, soft, spam or account for a failed delivery, else delayed, delivered, read, auto_reply,
    complaint or unknown. ``recipients`` are those that it is about; for auto-replies and unknown mail they do not matter.
    """

    name: str
    source: str
    kind: str
    recipients: tuple[str, ...]
    mail: bytes


def returned(recipient: str, *, sender: str = "Ann Lee <ann@news.example.org>", body: str = "") -> str:
    """The headers of the message that came back, and its body where it came along."""
    return (
        f"Return-Path: <{BOUNCES}>\n"
        "Received: from out.news.example.org (out.news.example.org [192.0.2.25])\n"
        "\tby mx.example.net with ESMTPS id 4Rx3mK2bQz; Tue, 17 Nov 2026 09:14:02 +0000 (UTC)\n"
        f"From: {sender}\nTo: {recipient}\nSubject: November at the shop\n"
        f"Date: Tue, 17 Nov 2026 09:14:00 +0000\nMessage-ID: {LETTER_ID}\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{body}"
    )


def dsn(
    name: str,
    kind: str,
    recipients: str | Sequence[str],
    *,
    source: str,
    sender: str,
    subject: str,
    prose: str,
    fields: str,
    mta: str,
    more: str = "",
    prose_type: str = "text/plain; charset=us-ascii",
    third: str | None = None,
    returned_type: str = "text/rfc822-headers",
) -> Sample:
    """A report after RFC 3464: prose, machine-readable fields and, unless ``third`` is "", what was sent."""
    several = (recipients,) if isinstance(recipients, str) else tuple(recipients)
    back = returned(several[0]) if third is None else third
    last = f"--{_BOUNDARY}\nContent-Type: {returned_type}\n\n{back}\n" if back else ""
    mail = (
        f"Return-Path: <>\nDelivered-To: {BOUNCES}\nFrom: {sender}\nTo: {BOUNCES}\nSubject: {subject}\nDate: {_DATE}\n"
        f"{more}MIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="{_BOUNDARY}"\n\n'
        "This is a MIME-encapsulated message.\n\n"
        f"--{_BOUNDARY}\nContent-Type: {prose_type}\n\n{prose}\n"
        f"--{_BOUNDARY}\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; {mta}\nArrival-Date: Tue, 17 Nov 2026 09:14:02 +0000 (UTC)\n\n{fields}\n"
        f"{last}--{_BOUNDARY}--\n"
    )
    return Sample(name=name, source=source, kind=kind, recipients=several, mail=wire(mail))


def status(recipient: str, code: str, diagnosis: str, *, action: str = "failed", more: str = "") -> str:
    """The fields of one recipient (RFC 3464 section 2.3)."""
    said = f"Diagnostic-Code: smtp; {diagnosis}\n" if diagnosis else ""
    return f"Final-Recipient: rfc822; {recipient}\n{more}Action: {action}\nStatus: {code}\n{said}"


def plain(
    name: str,
    kind: str,
    recipients: str | Sequence[str],
    *,
    source: str,
    sender: str,
    subject: str,
    body: str,
    more: str = "",
    content_type: str = "text/plain; charset=utf-8",
    encoding: str = "utf-8",
    path: str = "<>",
) -> Sample:
    """A mail of one part, as systems send it that know no RFC 3464."""
    several = (recipients,) if isinstance(recipients, str) else tuple(recipients)
    mail = (
        f"Return-Path: {path}\nDelivered-To: {BOUNCES}\nFrom: {sender}\nTo: {BOUNCES}\nSubject: {subject}\n"
        f"Date: {_DATE}\n{more}MIME-Version: 1.0\nContent-Type: {content_type}\n\n{body}"
    )
    return Sample(name=name, source=source, kind=kind, recipients=several, mail=wire(mail, encoding))


def wire(text: str, encoding: str = "utf-8") -> bytes:
    """A mail as it travels."""
    return text.replace("\n", "\r\n").encode(encoding, "xmlcharrefreplace")
