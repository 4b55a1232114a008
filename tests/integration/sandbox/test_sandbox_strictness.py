"""What the sandbox refuses and counts, because another server might not."""

from __future__ import annotations

import smtplib
import ssl
from collections import Counter
from collections.abc import Callable

import pytest

from integration.sandbox.raw_client import RawClient
from paceline.sandbox.mailbox import Violation
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.certificates import Certificates

Serve = Callable[..., SmtpSandbox]


def test_plaintext_behind_starttls_is_thrown_away(
    serve: Serve, certificates: Certificates, trusting: ssl.SSLContext
) -> None:
    sandbox = serve(tls=certificates.server_context())
    with RawClient(sandbox.port) as client:
        assert b"STARTTLS" in client.greet()
        assert client.ask(b"STARTTLS\r\nMAIL FROM:<intruder@example.org>").startswith(b"220")
        client.start_tls(trusting)
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"503")
        assert client.ask(b"EHLO again").startswith(b"250")
        assert client.ask(b"RCPT TO:<ann@example.com>").startswith(b"503")
    assert sandbox.violations[Violation.PLAINTEXT_BEHIND_STARTTLS] == 1


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        (b"a\nb\r\n", {Violation.BARE_LINE_ENDING}),
        (b"a\rb\r\n", {Violation.BARE_LINE_ENDING}),
        (b"a\n.\nMAIL FROM:<evil@example.org>\r\n", {Violation.BARE_LINE_ENDING, Violation.SMUGGLED_END}),
        (b"a\r\n.\nb\r\n", {Violation.BARE_LINE_ENDING, Violation.SMUGGLED_END, Violation.UNDOUBLED_DOT}),
        (b"a\n.\r\nb\r\n", {Violation.BARE_LINE_ENDING, Violation.SMUGGLED_END}),
        (b"a\r.\rb\r\n", {Violation.BARE_LINE_ENDING, Violation.SMUGGLED_END}),
        (b"a\0b\r\n", {Violation.NUL_BYTE}),
        (b"x" * 999 + b"\r\n", {Violation.LINE_TOO_LONG}),
    ],
)
def test_message_that_breaks_the_protocol_is_refused_and_counted(
    serve: Serve, body: bytes, violations: set[Violation]
) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.deliver(message=body).startswith(b"550")
        assert client.deliver(message=b"good\r\n").startswith(b"250")
    assert sandbox.violations == Counter(violations)
    assert sandbox.per_recipient == {"ann@example.com": 1}
    assert [one.answered for one in sandbox.mailbox.not_stored if one.answered] != []


def test_eight_bit_message_needs_to_be_declared(serve: Serve) -> None:
    sandbox = serve()
    with smtplib.SMTP("127.0.0.1", sandbox.port) as client:
        message = "\r\nGrüße\r\n".encode()
        client.sendmail("me@example.org", "a@example.com", message, mail_options=["BODY=8BITMIME"])
        assert not sandbox.violations
        client.sendmail("me@example.org", "a@example.com", message)
    assert sandbox.violations == {Violation.EIGHT_BIT_UNDECLARED: 1}
    assert sandbox.per_recipient == {"a@example.com": 2}


def test_client_that_does_not_wait_for_354_is_counted(serve: Serve) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"MAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\nhello\r\n.\r\n")
        assert [client.reply()[:3] for _ in range(4)] == [b"250", b"250", b"354", b"250"]
    assert sandbox.violations == {Violation.SPOKE_BEFORE_354: 1}


def test_pipelining_without_the_offer_is_counted(serve: Serve) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.reply()
        client.ask(b"HELO client.example")
        assert [reply[:3] for reply in client.envelope()] == [b"250", b"250", b"354"]
    assert sandbox.violations[Violation.PIPELINING_NOT_OFFERED] == 2


def test_command_behind_one_that_ends_a_group_is_counted(serve: Serve) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"NOOP\r\nRSET\r\n")
        assert [client.reply()[:3] for _ in range(2)] == [b"250", b"250"]
    assert sandbox.violations == {Violation.PIPELINED_BEHIND_LAST: 1}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"MAIL FROM: <a@example.org>", b"501"),
        (b"MAIL FROM:a@example.org", b"501"),
        (b"MAIL FROM:<a@example.org> SIZE=many", b"501"),
        (b"MAIL FROM:<a@example.org> SIZE=999999999", b"552"),
        (b"MAIL FROM:<a@example.org> RET=HDRS", b"555"),
        (b"MAIL FROM:<\xc3\xa4@example.org>", b"553"),
        (b"MAIL FROM:<\xc3\xa4@example.org> SMTPUTF8", b"250"),
        (b"MAIL FROM:<> BODY=8BITMIME SIZE=10", b"250"),
        (b"RCPT TO:<a@example.org>", b"503"),
        (b"DATA", b"503"),
        (b"VRFY ann", b"252"),
        (b"NOOP", b"250"),
        (b"rset", b"250"),
        (b"EXPN list", b"500"),
        (b"", b"500"),
        (b"NO\rOP", b"500"),
    ],
)
def test_command_has_its_code(serve: Serve, command: bytes, code: bytes) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.ask(command).startswith(code)
        assert client.ask(b"QUIT").startswith(b"221")


@pytest.mark.parametrize(
    "recipient",
    ["a@b.c,d@e.f", "a b@c.d", "-", "a@", "@b.c", "a@b..c", "a@-b.c", "a..b@c.d", "a@b.c\u2028", "a@b.c\u0085", ""],
)
def test_recipient_that_is_no_address_is_refused(serve: Serve, recipient: str) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        client.ask(b"MAIL FROM:<me@example.org> SMTPUTF8")
        assert client.ask(b"RCPT TO:<" + recipient.encode() + b">").startswith(b"501")


def test_command_line_without_end_closes_the_connection(serve: Serve) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"x" * 12_289)
        assert client.rest().startswith(b"500")
    assert sandbox.violations == {Violation.LINE_TOO_LONG: 1}
