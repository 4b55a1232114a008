"""Mail that comes back, in the formats of many servers: which recipient, and whose fault; never a guess."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from paceline.tracking.bounce_codes import BounceKind, best_status, classify
from paceline.tracking.bounces import ReportKind, read_report
from paceline.tracking.mail_parts import MOST_BYTES, parse_mail
from unit.tracking.odd_reports import ODD
from unit.tracking.standard_reports import STANDARD, Sample

SAMPLES = (*STANDARD, *ODD)


def raw(text: str, *, breaks: str = "\n") -> bytes:
    return text.replace("\n", breaks).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_report_is_read(sample: Sample, breaks: str) -> None:
    _, text, kind, recipient, bounce = sample
    (report,) = read_report(parse_mail(raw(text, breaks=breaks)))
    assert (report.kind, report.recipient, report.bounce) == (kind, recipient, bounce), report


def test_corpus_is_large_and_has_no_name_twice() -> None:
    assert len(SAMPLES) >= 60
    assert len({sample[0] for sample in SAMPLES}) == len(SAMPLES)


def test_report_about_several_recipients_says_it_of_each() -> None:
    _, text, *_ = STANDARD[0]
    both = text.replace(
        "Diagnostic-Code: smtp; 550 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 first\n\nFinal-Recipient: rfc822; bo@example.org\nAction: delayed\n"
        "Status: 4.4.1\nDiagnostic-Code: smtp; 450 4.4.1",
    )
    found = [(report.recipient, report.kind) for report in read_report(parse_mail(raw(both)))]
    assert found == [("jo@example.org", ReportKind.FAILED), ("bo@example.org", ReportKind.DELAYED)]


@pytest.mark.parametrize("sample", SAMPLES[::3], ids=lambda sample: sample[0])
def test_report_cut_anywhere_is_never_worse_than_unknown(sample: Sample) -> None:
    """A cut-off report may say less; it never calls another address, or calls a soft bounce hard."""
    _, text, kind, recipient, bounce = sample
    data = raw(text)
    for end in range(0, len(data), max(1, len(data) // 40)):
        for report in read_report(parse_mail(data[:end])):
            assert report.bounce in (None, bounce, BounceKind.SOFT, BounceKind.SPAM) or recipient == "", (end, report)
            if report.kind is ReportKind.FAILED:
                assert kind in ("failed", "delayed"), (end, report)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000))
def test_rubbish_is_read_without_an_error(data: bytes) -> None:
    assert read_report(parse_mail(data))
    assert read_report(parse_mail(b"Content-Type: multipart/report; boundary=B\n\n--B\n" + data))
    assert read_report(parse_mail(b"Content-Type: message/delivery-status\n\n" + data))


def test_huge_report_is_read_up_to_a_limit() -> None:
    _, text, *_ = STANDARD[0]
    (report,) = read_report(parse_mail(raw(text) + b"x" * (3 * MOST_BYTES)))
    assert report.bounce is BounceKind.HARD
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=B%d\n\n--B%d\n" % (n, n) for n in range(60))
    assert read_report(parse_mail(nested))


CODES = [
    ("5.1.1", "", BounceKind.HARD),
    ("5.1.6", "mailbox has moved", BounceKind.HARD),
    ("5.2.2", "user unknown, mailbox full", BounceKind.SOFT),
    ("4.1.1", "user unknown", BounceKind.SOFT),
    ("5.4.7", "delivery time expired", BounceKind.SOFT),
    ("5.7.1", "", BounceKind.SPAM),
    ("", "550 Requested action not taken: mailbox unavailable", BounceKind.HARD),
    ("", "550 5.7.1 Unfortunately, messages from [203.0.113.9] weren't sent. Please contact your provider since part of their network is on our block list (S3150)", BounceKind.SPAM),
    ("", "454 Throttling failure: Maximum sending rate exceeded.", BounceKind.ACCOUNT),
    ("", "554 Message rejected: Email address is not verified.", BounceKind.ACCOUNT),
    ("", "something that nobody has ever read", BounceKind.SOFT),
    ("", "", BounceKind.SOFT),
]  # fmt: skip


@pytest.mark.parametrize(("status", "diagnosis", "kind"), CODES)
def test_code_says_whose_fault_it_is(status: str, diagnosis: str, kind: BounceKind) -> None:
    assert classify(status, diagnosis) is kind


@pytest.mark.parametrize(
    "diagnosis",
    [
        "550 Sender verify failed",
        "550 sender domain does not exist",
        "553 Absenderadresse ist ungültig",
        "550 Adresse de l'expéditeur inconnue",
        "550 Адрес отправителя не существует",
        "550 发件人地址不存在",
        "差出人のアドレスが存在しません",
        "550 Helo command rejected: Host not found",
        "550 5.7.25 client host rejected: reverse hostname not found",
        "550 5.7.23 SPF: domain not found in record",
        "550 IP address unknown in our list, mail rejected",
        "550 Invalid address in From header",
        "550 Your account has been disabled for sending",
        "552 Dateityp unbekannt",
        "550 mailbox temporarily unavailable",
        "Unbekannter Fehler",
        "erreur inconnue",
        "error desconocido",
        "errore sconosciuto",
        "неизвестная ошибка",
        "the recipient's mailbox refused it for an unknown reason",
    ],
)
def test_what_is_said_of_the_sender_or_of_nothing_is_never_hard(diagnosis: str) -> None:
    """The words are those of a recipient that does not exist."""
    assert classify("", diagnosis) is not BounceKind.HARD
    assert classify("5.0.0", f"{diagnosis} (in reply to RCPT TO command)") is not BounceKind.HARD


def test_address_in_another_script_is_read_as_written_and_as_coded() -> None:
    coded = "Final-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.example\nAction: failed\nStatus: 5.1.1\n"
    for fields in (coded, coded.replace("\\x{F6}", "ö").replace("\\x{FC}", "ü")):
        mail = f"Content-Type: message/global-delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n{fields}"
        (report,) = read_report(parse_mail(mail.encode()))
        assert (report.recipient, report.bounce) == ("jörg@bücher.example", BounceKind.HARD)


def test_best_status_is_the_one_that_says_most() -> None:
    assert best_status("5.0.0", "550 5.1.1 unknown") == "5.1.1"
    assert best_status("5.2.2", "550 5.1.1 unknown") == "5.2.2"
    assert best_status("", "550 no such user") == "5.0.0"
    assert best_status("", "from 10.5.1.1 and 203.5.1.1") == ""


@given(st.text(max_size=300))
def test_text_alone_is_hard_only_when_it_says_so(text: str) -> None:
    """Digits and letters at random name no missing mailbox."""
    assert classify("4.0.0", text) in (BounceKind.SOFT, BounceKind.ACCOUNT)
