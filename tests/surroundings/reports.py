"""Reports as MTAs send them, about messages of a test."""

from __future__ import annotations


def bounce(
    *, to: str, recipient: str = "user0@example.com", diagnosis: str = "550 5.1.1 unknown", number: int = 0
) -> bytes:
    """A report after RFC 3464 to an address; each number makes another mail."""
    status = "4.4.1" if diagnosis.startswith("4") else "5.0.0"
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.org\r\nTo: {to}\r\nMessage-ID: <{number}@mx.example.org>\r\n"
        'Subject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnosis}\r\n\r\n--B--\r\n"
    ).encode()


def letter(*, to: str, words: str = "Hello, is the blue one still there?", number: int = 0) -> bytes:
    """What a person writes."""
    return (
        f"Return-Path: <ute@example.net>\r\nFrom: Ute <ute@example.net>\r\nTo: {to}\r\nSubject: A question\r\n"
        f"Message-ID: <{number}@example.net>\r\n\r\n{words}\r\n"
    ).encode()
