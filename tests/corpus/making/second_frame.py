"""The second batch of the corpus: what its mails are built with.

Its kinds were decided and committed before it was first read, by somebody who had not seen how reports are read.
"""

from __future__ import annotations

import base64
import quopri

from corpus.making.sample import BOUNCES, LETTER_ID, Sample


def coded(text: str, charset: str, transfer: str) -> bytes:
    """The body of a part as it travels: 8bit, quoted-printable or base64."""
    raw = text.strip("\n").replace("\n", "\r\n").encode(charset) + b"\r\n"
    if transfer == "quoted-printable":
        return quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return base64.encodebytes(raw).replace(b"\n", b"\r\n") if transfer == "base64" else raw


def piece(text: str, content_type: str = "text/plain", charset: str = "us-ascii", transfer: str = "7bit") -> bytes:
    """A part with its headers."""
    label = f"; charset={charset}" if content_type.startswith("text/") else ""
    head = f"Content-Type: {content_type}{label}\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n"
    return head.encode() + coded(text, charset, transfer)


def letter(to: str, body: str = "Dear reader,\n\nthe shop opens at nine.\n") -> str:
    """What was sent, as it came along."""
    return (
        f"Received: from out.news.example.org (out.news.example.org [192.0.2.25])\n"
        "\tby mx1.inbound.example with ESMTPS id 8Gq2Lw5T; Thu, 19 Nov 2026 06:30:11 +0000 (UTC)\n"
        f"Message-ID: {LETTER_ID}\nFrom: The Shop <ann@news.example.org>\nTo: {to}\nSubject: November at the shop\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}"
    )


def headed(head: str, rest: bytes) -> bytes:
    """A mail with the headers that every such mail has."""
    top = f"Return-Path: <>\nDelivered-To: {BOUNCES}\nTo: {BOUNCES}\nDate: Thu, 19 Nov 2026 06:31:45 +0000\n"
    return (top + head.strip("\n") + "\nMIME-Version: 1.0\n").replace("\n", "\r\n").encode() + rest


def report(
    name: str,
    kind: str,
    to: str,
    *,
    source: str,
    head: str,
    prose: bytes,
    machine: str,
    back: str = "text/rfc822-headers",
    boundary: str = "b1_5f0c9a7e",
    outer: str = "multipart/report; report-type=delivery-status",
) -> Sample:
    """A mail in three parts, of which ``machine`` are the fields after RFC 3464."""
    recipients = tuple(to.split())
    parts = [prose, piece(machine, "message/delivery-status")]
    if back:
        parts.append(piece(letter(recipients[0] if recipients else "reader@fbl.example"), back))
    fence = f"--{boundary}\r\n".encode()
    body = b"".join(fence + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    start = f'Content-Type: {outer};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    return Sample(
        name=f"second-{name}", source=source, kind=kind, recipients=recipients, mail=headed(head, start + body)
    )


def single(
    name: str,
    kind: str,
    to: str,
    *,
    source: str,
    head: str,
    text: str,
    charset: str = "utf-8",
    transfer: str = "8bit",
    content_type: str = "text/plain",
) -> Sample:
    """A mail of one part."""
    mail = headed(head, piece(text, content_type, charset, transfer))
    return Sample(name=f"second-{name}", source=source, kind=kind, recipients=tuple(to.split()), mail=mail)
