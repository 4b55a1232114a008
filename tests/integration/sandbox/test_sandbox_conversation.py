"""What the sandbox says and keeps when no rule disturbs it."""

from __future__ import annotations

import base64
import smtplib
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from integration.sandbox.raw_client import RawClient, ThreadedSandbox, base64_of
from paceline.sandbox.mailbox import Violation
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.certificates import Certificates

Serve = Callable[..., SmtpSandbox]


def _message(recipient: str = "ann@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "me@example.org", recipient, "Grüße"
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Hello\n.\n..two dots\nGrüße", cte="quoted-printable")
    return message


def test_message_of_smtplib_arrives_as_it_was_sent(serve: Serve) -> None:
    sandbox = serve(keep_data=True)
    with smtplib.SMTP("127.0.0.1", sandbox.port) as client:
        client.login("relay-1", "any password")
        client.send_message(_message())
    [delivery] = sandbox.deliveries
    expected = _message().as_bytes(policy=_message().policy.clone(linesep="\r\n"))
    assert delivery.data == expected
    assert (delivery.recipient, delivery.sender, delivery.username) == ("ann@example.com", "me@example.org", "relay-1")
    assert (delivery.message_id, delivery.answered) == ("<1@example.org>", "250 2.0.0 stored")
    assert not sandbox.violations


def test_starttls_protects_the_login(serve: Serve, certificates: Certificates, trusting: ssl.SSLContext) -> None:
    sandbox = serve(tls=certificates.server_context())
    with smtplib.SMTP("localhost", sandbox.port) as client:
        client.starttls(context=trusting)
        client.login("relay-1", "any password")
        client.send_message(_message())
        assert not client.has_extn("starttls")
    assert sandbox.per_recipient == {"ann@example.com": 1}


def test_implicit_tls_is_spoken_from_the_first_octet(
    serve: Serve, certificates: Certificates, trusting: ssl.SSLContext
) -> None:
    sandbox = serve(tls=certificates.server_context(), implicit_tls=True)
    with smtplib.SMTP_SSL("localhost", sandbox.port, context=trusting) as client:
        client.send_message(_message())
    assert sandbox.mailbox.messages == 1


def test_client_that_distrusts_the_certificate_leaves_no_connection_behind(
    serve: Serve, certificates: Certificates, threaded: ThreadedSandbox
) -> None:
    sandbox = serve(tls=certificates.server_context())
    with smtplib.SMTP("localhost", sandbox.port) as client:
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()
    threaded.run(sandbox.stop())
    assert sandbox.mailbox.open_connections == 0


@pytest.mark.parametrize(
    "exchange",
    [
        [b"AUTH PLAIN " + base64.b64encode(b"\0ann\0secret")],
        [b"AUTH PLAIN", base64.b64encode(b"\0ann\0secret")],
        [b"AUTH LOGIN", base64_of("ann"), base64_of("secret")],
        [b"AUTH LOGIN " + base64_of("ann"), base64_of("secret")],
        [b"AUTH XOAUTH2 " + base64_of("user=ann\x01auth=Bearer secret\x01\x01")],
        [b"auth xoauth2", base64_of("user=ann\x01auth=Bearer secret\x01\x01")],
    ],
)
def test_every_mechanism_yields_username_and_secret(serve: Serve, exchange: list[bytes]) -> None:
    sandbox = serve(logins={"ann": "secret"})
    with RawClient(sandbox.port) as client:
        client.greet()
        *challenges, end = [client.ask(line) for line in exchange]
        assert all(reply.startswith(b"334 ") for reply in challenges)
        assert end.startswith(b"235")
        client.deliver()
    assert sandbox.deliveries[0].username == "ann"
    assert sandbox.mailbox.most_per_login == {"ann": 1}


@pytest.mark.parametrize(
    ("exchange", "code"),
    [
        ([b"AUTH PLAIN " + base64.b64encode(b"\0ann\0wrong")], b"535"),
        ([b"AUTH PLAIN " + base64.b64encode(b"\0bob\0secret")], b"535"),
        ([b"AUTH PLAIN not base64!"], b"501"),
        ([b"AUTH PLAIN " + base64_of("two\0parts")], b"501"),
        ([b"AUTH LOGIN", b"*"], b"501"),
        ([b"AUTH CRAM-MD5"], b"504"),
    ],
)
def test_failed_login_is_no_login(serve: Serve, exchange: list[bytes], code: bytes) -> None:
    sandbox = serve(logins={"ann": "secret"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert [client.ask(line) for line in exchange][-1].startswith(code)
        client.deliver()
    assert sandbox.deliveries[0].username == ""
    assert sandbox.mailbox.most_per_login == {}


def test_pipelined_messages_need_one_round_trip_each(serve: Serve) -> None:
    sandbox = serve()
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope("first@example.com")
        for number in range(20):
            client.send(b"Subject: %d\r\n\r\nhello" % number)
            client.send(b"\r\n.\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<r%d@example.com>\r\nDATA\r\n" % number)
            assert [client.reply()[:3] for _ in range(4)] == [b"250", b"250", b"250", b"354"]
        client.send(b"Subject: last\r\n\r\nhello\r\n.\r\nQUIT\r\n")
        assert client.rest().startswith(b"250 2.0.0 stored\r\n221")
    assert sandbox.mailbox.messages == 21
    assert set(sandbox.per_recipient.values()) == {1}
    assert not sandbox.violations


def test_message_may_arrive_octet_by_octet(serve: Serve) -> None:
    sandbox = serve(keep_data=True)
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        for octet in b"..x\r\n\r\n.y\r\n..\r\n.\r\n":
            client.send(bytes([octet]))
        assert client.reply().startswith(b"250")
    assert sandbox.deliveries[0].data == b".x\r\n\r\ny\r\n.\r\n"
    assert sandbox.violations == {Violation.UNDOUBLED_DOT: 1}


@pytest.mark.parametrize("body", [b".\r\n", b"\r\n.\r\n"])
def test_empty_message_ends_at_its_dot(serve: Serve, body: bytes) -> None:
    sandbox = serve(keep_data=True)
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(body)
        assert client.reply().startswith(b"250")
    assert sandbox.deliveries[0].data == body[: -len(b".\r\n")]


def test_latency_costs_a_round_trip_per_exchange_but_no_throughput(serve: Serve, threaded: ThreadedSandbox) -> None:
    sandbox = serve(latency_seconds=0.05)
    with RawClient(sandbox.port) as client:
        client.greet()
        started = time.monotonic()
        client.envelope()
        one_round_trip = time.monotonic() - started
        started = time.monotonic()
        client.send(b"hello\r\n.\r\n" + b"".join(b"RSET\r\n" for _ in range(500)))
        assert {client.reply()[:3] for _ in range(501)} == {b"250"}
        many_in_flight = time.monotonic() - started
    assert one_round_trip > 0.09
    assert 0.09 < many_in_flight < 10 * 0.1


def test_latency_does_not_lose_what_a_leaving_client_had_sent(serve: Serve, threaded: ThreadedSandbox) -> None:
    sandbox = serve(latency_seconds=0.02)
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"hello\r\n.\r\n")
    threaded.run(sandbox.wait_for(messages=1))
