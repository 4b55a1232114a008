"""The IMAP client beside servers that are hostile, odd, or want OAuth: bounded in memory and time, and in words."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from paceline.domain.account import OAuth, Security
from paceline.domain.errors import AccountUnavailable
from paceline.domain.mailbox import ImapLogin
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.outbound.address_guard import AddressGuard
from paceline.tracking.bounce_mailbox import Connector
from paceline.tracking.imap_client import ImapConnection, MailboxUnavailable

CAPABILITIES = "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 IDLE\r\n"
Answer = Callable[[str, str], str | bytes]


class Scripted:
    """An IMAP server that logs everybody in, unless ``answer`` says otherwise, and remembers what it was told."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.lines: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"* OK ready\r\n")
            for raw in lines:
                line = raw.decode().rstrip("\r\n")
                self.lines.append(line)
                tag, _, command = line.partition(" ")
                said = self.answer(tag, command) or self.usual(tag, command)
                try:
                    connection.sendall(said.encode() if isinstance(said, str) else said)
                except OSError:
                    return

    @staticmethod
    def usual(tag: str, command: str) -> str:
        if command.startswith("AUTHENTICATE"):
            return "+ \r\n"
        extra = CAPABILITIES if command == "CAPABILITY" else ""
        return f"{extra}{tag} OK done\r\n"


@contextmanager
def scripted(answer: Answer) -> Iterator[Scripted]:
    server = Scripted(answer)
    try:
        yield server
    finally:
        server.listener.close()
        server.thread.join(10)


def plain(tag: str, command: str) -> str:
    """No AUTHENTICATE here: LOGIN is enough for most stories."""
    if command == "CAPABILITY":
        return f"* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done\r\n"
    return ""


def login(server: Scripted, **fields: object) -> ImapLogin:
    values = {"security": Security.NONE, "username": "ann", "password": 'a "b" \\', **fields}
    return ImapLogin(host="127.0.0.1", port=server.port, **values)  # type: ignore[arg-type]  # of a test


def connect(server: Scripted, seconds: float = 10.0) -> ImapConnection:
    return ImapConnection(login(server), guard=AddressGuard(), token=lambda: "", seconds=seconds)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"* 1 FETCH (UID 1 BODY[]<0> {99999999999}\r\n" + b"x" * 100, "more than"),
        (b"* 1 FETCH (UID 1 BODY[]<0> {9000000}\r\n" + b"x" * 100, "more than"),
        (b"x" * 3_000_000, "without an end"),
        ((b"* OK " + b"x" * 1000 + b"\r\n") * 10_000, "more than"),
        (b"gibberish\r\n", "unexpected response"),
    ],
    ids=["endless literal", "large literal", "endless line", "endless chatter", "gibberish"],
)
def test_server_cannot_make_us_read_without_end(reply: bytes, reason: str) -> None:
    def answer(tag: str, command: str) -> str | bytes:
        return reply if "FETCH" in command else plain(tag, command)

    with scripted(answer) as server:
        connection = connect(server)
        connection.open_folder("INBOX", read_only=False)
        with pytest.raises(MailboxUnavailable, match=reason) as caught:
            connection.beginning(1, 1000)
        assert caught.value.is_disconnect
        connection.close()


def test_silent_server_is_given_up() -> None:
    with scripted(lambda tag, command: b" " if "SELECT" in command else plain(tag, command)) as server:
        connection = connect(server, seconds=0.3)
        with pytest.raises(MailboxUnavailable, match="no answer in time"):
            connection.open_folder("INBOX", read_only=False)
        connection.close()


def test_login_and_folder_are_quoted() -> None:
    with scripted(plain) as server:
        connection = connect(server)
        connection.open_folder('a "b" & ü', read_only=True)
        connection.close()
        assert any(line.endswith('LOGIN "ann" "a \\"b\\" \\\\"') for line in server.lines)
        assert any(line.endswith('EXAMINE "a \\"b\\" &- &APw-"') for line in server.lines)


@pytest.mark.parametrize(
    ("said", "needs_person"),
    [("NO [AUTHENTICATIONFAILED] no", True), ("NO [UNAVAILABLE] later", False), ("NO too many connections", False)],
)
def test_refused_login_needs_a_person_unless_it_may_pass(said: str, needs_person: bool) -> None:
    def answer(tag: str, command: str) -> str:
        return f"{tag} {said}\r\n" if command.startswith("LOGIN") else plain(tag, command)

    with scripted(answer) as server:
        with pytest.raises(MailboxUnavailable) as caught:
            connect(server)
        assert caught.value.needs_person is needs_person


class Tokens:
    """Gives one token, or says why not."""

    def __init__(self, trouble: AccountTrouble | None = None) -> None:
        self.trouble = trouble

    async def token(self, oauth: OAuth) -> str:
        if self.trouble is not None:
            raise AccountUnavailable(self.trouble)
        return "access-1"


OAUTH = OAuth(token_url="google", client_id="id", client_secret="s", refresh_token="r")


@pytest.mark.parametrize("accepted", [True, False])
def test_oauth_sends_the_token_and_answers_the_refusal(accepted: bool) -> None:
    words = base64.b64encode(b"user=ann\x01auth=Bearer access-1\x01\x01").decode()

    def answer(tag: str, command: str) -> str:
        if command == "CAPABILITY":
            return f"{CAPABILITIES}{tag} OK done\r\n"
        if command.startswith("AUTHENTICATE XOAUTH2"):
            answer.tag = tag  # type: ignore[attr-defined]  # remembered for the next line
            return "+ \r\n"
        if tag == words:
            refusal = base64.b64encode(b'{"status":"400"}').decode()
            return f"{answer.tag} OK done\r\n" if accepted else f"+ {refusal}\r\n"  # type: ignore[attr-defined]
        if tag == "":
            return f"{answer.tag} NO AUTHENTICATE failed\r\n"  # type: ignore[attr-defined]
        return ""

    with scripted(answer) as server:
        connector = Connector(AddressGuard(), Tokens())  # type: ignore[arg-type]  # acts as one
        if accepted:
            connector(login(server, oauth=OAUTH)).close()
        else:
            with pytest.raises(MailboxUnavailable, match="AUTHENTICATE failed") as caught:
                connector(login(server, oauth=OAUTH))
            assert caught.value.needs_person


@pytest.mark.parametrize("kind", [TroubleKind.BROKEN, TroubleKind.FAILING])
def test_token_that_is_refused_needs_a_person(kind: TroubleKind) -> None:
    with scripted(lambda tag, command: f"{CAPABILITIES}{tag} OK done\r\n" if command == "CAPABILITY" else "") as server:
        trouble = AccountTrouble(kind=kind, reason="no access token: invalid_grant")
        with pytest.raises(MailboxUnavailable, match="invalid_grant") as caught:
            Connector(AddressGuard(), Tokens(trouble))(login(server, oauth=OAUTH))  # type: ignore[arg-type]
        assert caught.value.needs_person is (kind is TroubleKind.BROKEN)
