"""Reports as they look after a bad journey: truncated, encoded anew, wrapped, bare line ends, wrong labels."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from dataclasses import replace

from corpus.making.sample import BOUNCES, Sample, plain, wire


def _renamed(sample: Sample, suffix: str, mail: bytes) -> Sample:
    return replace(sample, name=f"{sample.name}-{suffix}", mail=mail)


def _cut_in_original(mail: bytes) -> bytes:
    return mail[: mail.index(b"Message-ID: <0f3c") + 20]


def _cut_after_status(mail: bytes) -> bytes:
    place = mail.index(b"Status:")
    return mail[: mail.index(b"\r\n", place) + 2]


def _cut_before_status(mail: bytes) -> bytes:
    """Of the fields nothing is left; the words of the first part are."""
    return mail[: mail.index(b"Reporting-MTA")]


def _bare_newlines(mail: bytes) -> bytes:
    return mail.replace(b"\r\n", b"\n")


def _encoded_parts(mail: bytes) -> bytes:
    """Each first and second part in base64, as gateways do."""
    head, _, rest = mail.partition(b"This is a MIME-encapsulated message.\r\n\r\n")
    boundary = b"--=_report_8F3A.1763370848"
    made = []
    for part in rest.split(boundary)[1:-1]:
        headers, _, body = part.partition(b"\r\n\r\n")
        coded = base64.encodebytes(body.rstrip(b"\r\n") + b"\r\n").replace(b"\n", b"\r\n")
        made.append(boundary + headers + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + coded)
    return head + b"".join(made) + boundary + b"--\r\n"


def _forwarded(mail: bytes) -> bytes:
    """As an attachment of a mail that forwards it by rule (no person wrote a word)."""
    return (
        wire(
            f"Return-Path: <>\nFrom: postmaster@firm.example\nTo: {BOUNCES}\nSubject: Fwd: report\nMIME-Version: 1.0\n"
            'Content-Type: multipart/mixed; boundary="forward"\n\n--forward\nContent-Type: message/rfc822\n\n'
        )
        + mail
        + b"\r\n--forward--\r\n"
    )


def _list_footer(mail: bytes) -> bytes:
    return mail + b"\r\n_______________________________\r\nChecked by Example Antivirus. No virus found.\r\n"


def _unfolded_garbage(mail: bytes) -> bytes:
    return mail.replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nX-Odd: \xff\xfe\x00 bytes\r\n", 1)


def _uppercase_fields(mail: bytes) -> bytes:
    for name in (b"Final-Recipient: rfc822; ", b"Action:", b"Status:", b"Diagnostic-Code: smtp; "):
        mail = mail.replace(name, name.upper().replace(b"; ", b";"))
    return mail


_WAYS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("postfix-unknown-user", "cut-in-original", _cut_in_original),
    ("google-no-user", "cut-after-status", _cut_after_status),
    ("postfix-full", "cut-before-status", _cut_before_status),
    ("microsoft-365-not-found", "cut-before-status", _cut_before_status),
    ("exim-no-user", "cut-before-status", _cut_before_status),
    ("sendmail-user-unknown", "bare-newlines", _bare_newlines),
    ("google-storage", "base64", _encoded_parts),
    ("microsoft-365-full", "base64", _encoded_parts),
    ("postfix-spamhaus", "base64", _encoded_parts),
    ("exim-over-quota", "forwarded", _forwarded),
    ("postfix-local-unknown", "forwarded", _forwarded),
    ("amazon-ses-unknown", "footer", _list_footer),
    ("mail-ru-inactive", "odd-bytes", _unfolded_garbage),
    ("yahoo-disabled", "uppercase", _uppercase_fields),
    ("barracuda-user", "bare-newlines", _bare_newlines),
)


def samples(sound: list[Sample]) -> list[Sample]:
    """Damaged copies of sound reports, and some that are damaged from the start."""
    by_name = {sample.name: sample for sample in sound}
    copies = [_renamed(by_name[name], suffix, damage(by_name[name].mail)) for name, suffix, damage in _WAYS]
    said = (
        "Hi. This is the qmail-send program at relay.example.net.\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\n\n<{to}>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    )
    first, second, third = "yannick@example.net", "zelda@example.net", "anton@example.net"
    coded = quopri.encodestring(said.format(to=first).replace("a", "=61").encode()).decode()
    own = [
        plain("qmail-quoted-printable", "hard", first, source="qmail", sender="MAILER-DAEMON@relay.example.net",
              subject="failure notice", more="Content-Transfer-Encoding: quoted-printable\n",
              body=coded.replace("=3D61", "=61")),
        plain("qmail-base64", "hard", second, source="qmail", sender="MAILER-DAEMON@relay.example.net",
              subject="failure notice", more="Content-Transfer-Encoding: base64\n",
              body=base64.encodebytes(said.format(to=second).encode()).decode()),
        plain("qmail-wrong-charset", "hard", third, source="qmail", sender="MAILER-DAEMON@relay.example.net",
              subject="=?x-unknown?B?////?=", content_type="text/plain; charset=x-no-such-charset",
              body=said.format(to=third)),
        plain("nothing-but-noise", "unknown", (), source="noise", sender="MAILER-DAEMON@relay.example.net",
              subject="failure notice", content_type="text/plain; charset=utf-8", body="\x00\x01\x02 %%% \x7f\n"),
    ]  # fmt: skip
    return [*copies, *own]
