"""The LMTP listener: an answer per recipient, nothing lost, nothing unbounded."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator

import pytest

from paceline.domain.errors import StoreUnavailable
from paceline.tracking.lmtp_server import LmtpServer
from paceline.tracking.mail_parts import MOST_BYTES


class Taker:
    """Remembers what was taken; refuses whom it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.errors: dict[str, Exception] = {}

    def __call__(self, raw: bytes, sent_to: str) -> None:
        if error := self.errors.get(sent_to):
            raise error
        self.taken.append((raw, sent_to))


@pytest.fixture
def taker() -> Taker:
    """Takes everything."""
    return Taker()


@pytest.fixture
def server(taker: Taker) -> Iterator[LmtpServer]:
    """A listener on a free port."""
    listener = LmtpServer(taker, host="127.0.0.1", port=0)
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def client(server: LmtpServer) -> Iterator[smtplib.LMTP]:
    """Python's own LMTP client."""
    with smtplib.LMTP("127.0.0.1", server.port, timeout=30) as opened:
        yield opened


def test_each_recipient_has_an_answer_of_its_own(taker: Taker, client: smtplib.LMTP) -> None:
    taker.errors = {"b@example.com": StoreUnavailable("away"), "c@example.com": ValueError("odd")}
    client.ehlo_or_helo_if_needed()
    client.docmd("MAIL FROM:<>")
    for name in "abc":
        assert client.docmd(f"RCPT TO:<{name}@example.com>")[0] == 250
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: x\r\n\r\n..dots\r\n.\r\n")
    assert [client.getreply()[0] for _ in range(3)] == [250, 451, 451]
    assert taker.taken == [(b"Subject: x\r\n\r\n.dots\r\n", "a@example.com")]
    client.sendmail("", ["d@example.com"], b"Subject: next\r\n\r\n")
    assert [sent_to for _, sent_to in taker.taken] == ["a@example.com", "d@example.com"]


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["MAIL FROM:<>"], 503),
        (["LHLO x", "RCPT TO:<a@example.com>"], 503),
        (["LHLO x", "DATA"], 503),
        (["LHLO x", "MAIL FROM:<>", "DATA"], 503),
        (["LHLO x", "MAIL FROM:<>", "MAIL FROM:<>"], 503),
        (["LHLO x", "MAIL FROM:<>", "RCPT TO:<>"], 501),
        (["LHLO x", "MAIL FROM: nobody"], 501),
        (["EHLO x"], 500),
        (["GET / HTTP/1.1"], 500),
        (["A" * 5000], 500),
        (["LHLO x", "MAIL FROM:<>", "RSET", "RCPT TO:<a@example.com>"], 503),
    ],
    ids=lambda value: str(value)[:60],
)
def test_commands_out_of_order_or_of_other_protocols_are_refused(
    server: LmtpServer, commands: list[str], code: int
) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=30) as plain:
        assert [plain.docmd(command)[0] for command in commands][-1] == code
        assert plain.noop()[0] == 250


def test_of_a_large_mail_only_the_beginning_is_kept(taker: Taker, client: smtplib.LMTP) -> None:
    body = b"Subject: large\r\n\r\n" + (b"x" * 5000 + b"\r\n") * 200
    client.sendmail("", ["a@example.com"], body)
    assert taker.taken == [(body[:MOST_BYTES], "a@example.com")]


def test_mail_that_breaks_off_is_not_taken(taker: Taker, server: LmtpServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\nSubject: half\r\n\r\n.\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert taker.taken == []


def test_stop_ends_open_connections_and_frees_the_port(taker: Taker) -> None:
    listener = LmtpServer(taker, host="127.0.0.1", port=0)
    listener.stop()
    listener.start()
    port = listener.port
    with socket.create_connection(("127.0.0.1", port)) as connection:
        assert connection.recv(3) == b"220"
        listener.stop()
        listener.stop()
        while connection.recv(4096):
            pass
    again = LmtpServer(taker, host="127.0.0.1", port=port)
    again.start()
    again.stop()
