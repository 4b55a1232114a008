"""Every fault that the sandbox can make, seen from the client's end of the wire."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration.sandbox.raw_client import RawClient, base64_of
from paceline.sandbox.mailbox import Violation
from paceline.sandbox.record import read_record
from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.certificates import Certificates

Serve = Callable[..., SmtpSandbox]

DROP = {"answer": "none", "then": "close"}


# before the message


@pytest.mark.parametrize("reply", ["554 5.7.1 go away", "421 4.3.2 too busy"])
def test_greeting_can_be_a_refusal(serve: Serve, reply: str) -> None:
    sandbox = serve({"stage": "connect", "reply": reply})
    with RawClient(sandbox.port) as client:
        assert client.reply() == f"{reply}\r\n".encode()
        if reply.startswith("554"):
            assert client.ask(b"EHLO client.example").startswith(b"503")
            assert client.ask(b"QUIT").startswith(b"221")
        assert client.rest() == b""
    assert not sandbox.violations


def test_connection_can_close_before_the_greeting(serve: Serve) -> None:
    with RawClient(serve({"stage": "connect", **DROP}).port) as client:
        assert client.rest() == b""


def test_greeting_can_be_slow_and_an_early_talker_is_counted(serve: Serve) -> None:
    sandbox = serve({"stage": "connect", "delay_seconds": 0.2})
    with RawClient(sandbox.port) as client:
        client.send(b"EHLO client.example\r\n")
        assert client.reply().startswith(b"220")
        assert client.reply().startswith(b"250")
    assert sandbox.violations[Violation.EARLY_TALKER] == 1


def test_greeting_can_be_garbage(serve: Serve) -> None:
    with RawClient(serve({"stage": "connect", "answer": "garbage", "garbage_bytes": 100}).port) as client:
        line = client.line()
    assert len(line) == 102
    assert not line[:1].isdigit()


def test_greeting_can_be_endless(serve: Serve) -> None:
    with RawClient(serve({"stage": "connect", "answer": "endless", "gap_seconds": 0}).port) as client:
        assert {client.line()[:4] for _ in range(1_000)} == {b"220-"}


def test_ehlo_can_be_refused_and_helo_accepted(serve: Serve) -> None:
    with RawClient(serve({"stage": "ehlo", "reply": "502 5.5.1 what?"}).port) as client:
        assert client.greet().startswith(b"502")
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"503")
        assert client.ask(b"HELO client.example").startswith(b"250")
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"250")


def test_capability_that_is_not_offered_is_not_there(serve: Serve, certificates: Certificates) -> None:
    taken = ["STARTTLS", "SIZE", "8BITMIME", "SMTPUTF8", "AUTH", "PIPELINING"]
    sandbox = serve({"stage": "ehlo", "without": taken}, tls=certificates.server_context())
    with RawClient(sandbox.port) as client:
        assert client.greet() == b"250-sandbox.invalid\r\n250 ENHANCEDSTATUSCODES\r\n"
        assert client.ask(b"STARTTLS").startswith(b"502")
        assert client.ask(b"AUTH PLAIN").startswith(b"502")
        assert client.ask(b"MAIL FROM:<me@example.org> SIZE=1").startswith(b"555")
        assert [reply[:3] for reply in client.envelope()] == [b"250", b"250", b"354"]
    assert sandbox.violations[Violation.PIPELINING_NOT_OFFERED] > 0


@pytest.mark.parametrize(
    "action", [{"then": "close"}, {"then": "stall", "extra": "garbage", "extra_delay_seconds": 0.05}]
)
def test_handshake_can_fail_after_220(serve: Serve, certificates: Certificates, action: dict[str, str]) -> None:
    sandbox = serve({"stage": "starttls", "reply": "220 go", **action}, tls=certificates.server_context())
    with smtplib.SMTP("localhost", sandbox.port) as client:
        with pytest.raises((ssl.SSLError, ConnectionError, ValueError)):
            client.starttls(context=ssl.create_default_context(cafile=str(certificates.ca_file)))
        client.close()


def test_plaintext_can_come_behind_the_220_of_starttls(serve: Serve, certificates: Certificates) -> None:
    sandbox = serve({"stage": "starttls", "extra": "250 2.0.0 injected"}, tls=certificates.server_context())
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"STARTTLS\r\n")
        assert client.packet() == b"220 2.0.0 ready to start TLS\r\n250 2.0.0 injected\r\n"


def test_starttls_can_be_refused_and_the_conversation_goes_on(serve: Serve, certificates: Certificates) -> None:
    sandbox = serve({"stage": "starttls", "reply": "454 4.7.0 not now"}, tls=certificates.server_context())
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.ask(b"STARTTLS").startswith(b"454")
        assert client.deliver().startswith(b"250")


@pytest.mark.parametrize("code", ["535 5.7.8", "454 4.7.0", "432 4.3.2"])
def test_login_can_be_refused_for_one_user(serve: Serve, code: str) -> None:
    sandbox = serve({"stage": "auth", "username": "relay-1", "reply": f"{code} no"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.log_in("Relay-1") == f"{code} no\r\n".encode()
        assert client.log_in("relay-2").startswith(b"235")
    assert sandbox.mailbox.most_per_login == {"relay-2": 1}


def test_login_can_be_required(serve: Serve) -> None:
    sandbox = serve({"stage": "mail", "username": "", "reply": "530 5.7.0 authentication required"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"530")
        client.log_in("relay-1")
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"250")


def test_refused_token_is_explained_in_a_challenge(serve: Serve) -> None:
    reason = base64_of('{"status":"400"}').decode()
    sandbox = serve({"stage": "auth", "reply": f"334 {reason}"})
    with RawClient(sandbox.port) as client:
        client.greet()
        token = base64_of("user=ann\x01auth=Bearer expired\x01\x01")
        assert client.ask(b"AUTH XOAUTH2 " + token) == f"334 {reason}\r\n".encode()
        assert client.ask(b"").startswith(b"535")
        assert client.deliver().startswith(b"250")
    assert sandbox.deliveries[0].username == ""


# inside the message


def _deliver_and_wait(port: int) -> None:
    with RawClient(port) as client:
        client.greet()
        client.deliver()
        client.reply()


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("then", "error"), [("close", ConnectionAbortedError), ("reset", ConnectionResetError)])
def test_connection_can_end_at_every_verb(serve: Serve, stage: str, then: str, error: type[Exception]) -> None:
    stored = {"stored": False} if stage == "dot" else {}
    sandbox = serve({"stage": stage, "answer": "none", "then": then, **stored})
    with pytest.raises(error):
        _deliver_and_wait(sandbox.port)
    assert sandbox.mailbox.messages == 0


@pytest.mark.parametrize("at_byte", [0, 1, 500, 1_000])
def test_connection_can_end_at_any_octet_of_the_body(serve: Serve, at_byte: int) -> None:
    sandbox = serve({"stage": "body", "at_byte": at_byte, "first": 1, **DROP})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"x" * 499)
        if at_byte > 499:
            client.send(b"\r\n" + b"y" * 499)
        assert client.rest() == b""
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.deliver().startswith(b"250")
    assert sandbox.mailbox.messages == 1


@pytest.mark.parametrize("stored", [True, False])
def test_connection_can_end_after_the_dot_with_the_message_stored_or_not(
    serve: Serve, tmp_path: Path, *, stored: bool
) -> None:
    record = tmp_path / "record.jsonl"
    rule = {"name": "drop", "stage": "dot", "answer": "none", "then": "reset", "stored": stored}
    sandbox = serve(rule, record=record, durable=True)
    with RawClient(sandbox.port) as client:
        client.greet()
        with pytest.raises(ConnectionResetError):
            client.deliver()
    [entry] = read_record(record)
    assert (entry.stored, entry.reply, entry.rule) == (stored, None, "drop")
    assert sandbox.mailbox.messages == stored
    assert len(sandbox.mailbox.not_stored) == (not stored)


def test_late_reply_still_belongs_to_a_stored_message(serve: Serve) -> None:
    sandbox = serve({"stage": "dot", "delay_seconds": 0.2})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        started = time.monotonic()
        client.send(b"hello\r\n.\r\nQUIT\r\n")
        assert client.reply().startswith(b"250")
        assert time.monotonic() - started > 0.15
        assert client.reply().startswith(b"221")
    assert sandbox.mailbox.messages == 1


def test_stalled_connection_answers_nothing_more_while_others_go_on(serve: Serve) -> None:
    sandbox = serve({"stage": "dot", "first": 1, "answer": "stall", "stored": False})
    with RawClient(sandbox.port) as stalled, RawClient(sandbox.port) as other:
        for client in (stalled, other):
            client.greet()
            client.envelope()
            client.send(b"hello\r\n.\r\n")
        assert other.reply().startswith(b"250")
        stalled.send(b"NOOP\r\n")
        stalled.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            stalled.reply()


def test_acceptance_can_be_followed_by_a_reset(serve: Serve) -> None:
    sandbox = serve({"stage": "dot", "reply": "250 2.0.0 ok", "then": "reset"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.deliver() == b"250 2.0.0 ok\r\n"
        with pytest.raises(ConnectionResetError):
            client.rest()
    assert sandbox.mailbox.messages == 1


@pytest.mark.parametrize("verb", [b"RSET", b"QUIT", b"NOOP"])
@pytest.mark.parametrize(("action", "begin"), [({"reply": "421 4.3.2 bye"}, b"421"), ({"answer": "garbage"}, b"\xff")])
def test_trouble_can_follow_an_accepted_message(
    serve: Serve, verb: bytes, action: dict[str, Any], begin: bytes
) -> None:
    sandbox = serve({"stage": "next", **action})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.ask(verb) if verb == b"NOOP" else None
        assert client.deliver().startswith(b"250")
        client.send(verb + b"\r\n")
        assert client.line().startswith(begin)


@pytest.mark.parametrize(
    ("action", "length"),
    [({"answer": "garbage", "garbage_bytes": 8192, "stored": True}, 8194), ({"pad_bytes": 8192}, 8192)],
)
def test_answer_after_the_dot_can_be_a_line_of_8_kilobytes(serve: Serve, action: dict[str, Any], length: int) -> None:
    sandbox = serve({"stage": "dot", **action})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.envelope()
        client.send(b"hello\r\n.\r\n")
        line = client.line()
    assert len(line) == length
    assert line.startswith(b"250 2.0.0 stored") == ("pad_bytes" in action)
    assert sandbox.mailbox.messages == 1


@pytest.mark.parametrize(("packets", "smallest"), [("bytewise", 20), ("split", 2), ("whole", 1)])
def test_reply_can_come_in_packets(serve: Serve, packets: str, smallest: int) -> None:
    sandbox = serve({"stage": "noop", "reply": "250 2.0.0 all is well", "packets": packets, "gap_seconds": 0.02})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"NOOP\r\n")
        received, reads = b"", 0
        while not received.endswith(b"\n"):
            received += client.packet()
            reads += 1
    assert received == b"250 2.0.0 all is well\r\n"
    assert reads >= smallest


def test_reply_that_nobody_asked_for_shares_the_packet(serve: Serve) -> None:
    sandbox = serve({"stage": "rcpt", "extra": "250 2.0.0 and another"})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.ask(b"MAIL FROM:<me@example.org>")
        client.send(b"RCPT TO:<ann@example.com>\r\n")
        assert client.packet() == b"250 2.1.5 recipient ok\r\n250 2.0.0 and another\r\n"


def test_unsolicited_421_can_come_later_and_closes(serve: Serve) -> None:
    sandbox = serve({"stage": "dot", "extra": "421 4.3.2 going down", "extra_delay_seconds": 0.1})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert client.deliver().startswith(b"250")
        assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"250")
        assert client.rest() == b"421 4.3.2 going down\r\n"


def test_reply_can_be_missing(serve: Serve) -> None:
    sandbox = serve({"stage": "rcpt", "answer": "none"})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"MAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n")
        assert [client.reply()[:3] for _ in range(2)] == [b"250", b"554"]


def test_354_can_come_though_the_recipient_was_refused(serve: Serve) -> None:
    sandbox = serve({"stage": "rcpt", "reply": "550 5.1.1 no"}, {"stage": "data", "reply": "354 go ahead"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert [reply[:3] for reply in client.envelope()] == [b"250", b"550", b"354"]
        client.send(b".\r\n")
        assert client.reply().startswith(b"554")
        assert client.ask(b"NOOP").startswith(b"250")
    assert sandbox.mailbox.messages == 0


def test_250_can_come_instead_of_354(serve: Serve) -> None:
    sandbox = serve({"stage": "data", "reply": "250 2.0.0 ok"})
    with RawClient(sandbox.port) as client:
        client.greet()
        assert [reply[:3] for reply in client.envelope()] == [b"250", b"250", b"250"]
        assert client.ask(b"Subject: hello").startswith(b"500")
    assert sandbox.mailbox.messages == 0


def test_421_comes_at_every_25th_message_of_a_connection(serve: Serve) -> None:
    sandbox = serve({"stage": "mail", "per": "connection", "every": 25, "reply": "421 4.7.0 enough"})
    for _ in range(2):
        with RawClient(sandbox.port) as client:
            client.greet()
            for _ in range(24):
                assert client.deliver().startswith(b"250")
            assert client.ask(b"MAIL FROM:<me@example.org>").startswith(b"421")
            assert client.rest() == b""
    assert sandbox.mailbox.messages == 48


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", ["450", "451", "452", "550", "552", "554"])
def test_refusal_at_every_verb_leaves_the_connection_usable(serve: Serve, stage: str, code: str) -> None:
    sandbox = serve({"stage": stage, "first": 1, "reply": [f"{code} first line", "second line"]})
    with RawClient(sandbox.port) as client:
        client.greet()
        client.send(b"MAIL FROM:<me@example.org>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n")
        replies = [client.reply() for _ in range(3)]
        if stage == "dot":
            client.send(b"hello\r\n.\r\n")
            replies.append(client.reply())
        assert f"{code}-first line\r\n{code} second line\r\n".encode() in replies
        client.ask(b"RSET")
        assert client.deliver().startswith(b"250")
    assert sandbox.mailbox.messages == 1


def test_slow_reader_still_takes_the_whole_message(serve: Serve) -> None:
    sandbox = serve({"stage": "data", "read_bytes_per_second": 20_000}, keep_data=True)
    message = b"".join(b"%070d\r\n" % number for number in range(60))
    with RawClient(sandbox.port) as client:
        client.greet()
        started = time.monotonic()
        assert client.deliver(message=message).startswith(b"250")
        assert time.monotonic() - started > 0.1
    assert sandbox.deliveries[0].data == message
