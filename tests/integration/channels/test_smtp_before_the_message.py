"""What goes wrong before the first message is the account's trouble, in the right kind and in words. reference/threats.md."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.domain.account import Security
from paceline.domain.outcome import Accepted, TroubleKind
from surroundings.certificates import Certificates, make_certificates
from surroundings.scripted_smtp import HELLO, LETTER, scripted_server
from surroundings.smtp_client import HASTY, PATIENT, account, channel, letter, trouble_of

Run = Callable[[Coroutine[Any, Any, None]], None]

LOGIN_HELLO = """
S 220 ready
C EHLO
S 250-scripted
S 250 AUTH PLAIN LOGIN
"""
ENCRYPTED_HELLO = """
S 220 ready
C EHLO
S 250-scripted
S 250 STARTTLS
"""

# name, whether the account has a login, script, kind of trouble, words of its reason, seconds to wait
ROWS = [
    (
        "closed before the banner",
        False,
        "CLOSE",
        TroubleKind.FAILING,
        "closed the connection before the greeting",
        None,
    ),
    ("reset before the banner", False, "RESET", TroubleKind.FAILING, "before the greeting", None),
    ("banner 554", False, "S 554 5.3.2 no service here", TroubleKind.FAILING, "554 5.3.2 no service here", None),
    ("banner 554 blocked", False, "S 554 5.7.1 client host blocked", TroubleKind.BROKEN, "554 5.7.1", None),
    ("banner 421", False, "S 421 4.3.2 try again in 60 seconds", TroubleKind.BUSY, "421 4.3.2", 60),
    ("banner 450", False, "S 450 4.3.2 not now", TroubleKind.FAILING, "450", None),
    ("banner 250", False, "S 250 hello", TroubleKind.FAILING, "250 hello", None),
    ("banner garbage", False, "S HTTP/1.1 400 Bad Request", TroubleKind.FAILING, "no SMTP reply", None),
    ("banner binary", False, r"RAW \x15\x03\x01\x00\x02\x02\x50\n", TroubleKind.FAILING, "no SMTP reply", None),
    ("banner of endless lines", False, "S 220-welcome\n" * 200, TroubleKind.FAILING, "more than", None),
    ("banner of one endless line", False, f"RAW 220 {'x' * 9000}", TroubleKind.FAILING, "more than", None),
    ("two banners", False, "S 220 one\nS 220 two", TroubleKind.FAILING, "out of turn", None),
    (
        "closed at EHLO",
        False,
        "S 220 ready\nC EHLO\nCLOSE",
        TroubleKind.FAILING,
        "closed the connection after EHLO",
        None,
    ),
    ("EHLO 502 with a login", True, "S 220 ready\nC EHLO\nS 502 what?", TroubleKind.FAILING, "502 what?", None),
    ("EHLO 550", False, "S 220 ready\nC EHLO\nS 550 who are you", TroubleKind.FAILING, "550 who are you", None),
    ("EHLO 421", False, "S 220 ready\nC EHLO\nS 421 too many connections", TroubleKind.BUSY, "421", None),
    ("HELO refused too", False, "S 220 ready\nC EHLO\nS 502 no\nC HELO\nS 550 no", TroubleKind.FAILING, "550 no", None),
    ("no login offered", True, HELLO, TroubleKind.BROKEN, "no login", None),
    ("only strange logins", True, HELLO.replace("8BITMIME", "AUTH GSSAPI"), TroubleKind.BROKEN, "GSSAPI", None),
    ("closed after EHLO", True, f"{LOGIN_HELLO}\nCLOSE", TroubleKind.FAILING, "", None),
    (
        "closed at AUTH",
        True,
        f"{LOGIN_HELLO}\nC AUTH PLAIN\nCLOSE",
        TroubleKind.FAILING,
        "closed the connection after AUTH",
        None,
    ),
    ("AUTH 535", True, f"{LOGIN_HELLO}\nC AUTH\nS 535 5.7.8 bad credentials", TroubleKind.BROKEN, "535 5.7.8", None),
    ("AUTH 534", True, f"{LOGIN_HELLO}\nC AUTH\nS 534 5.7.9 app password", TroubleKind.BROKEN, "534", None),
    ("AUTH 530", True, f"{LOGIN_HELLO}\nC AUTH\nS 530 5.7.0 encrypt first", TroubleKind.BROKEN, "530", None),
    ("AUTH 454", True, f"{LOGIN_HELLO}\nC AUTH\nS 454 4.7.0 temporary", TroubleKind.FAILING, "454", None),
    ("AUTH 454 too many", True, f"{LOGIN_HELLO}\nC AUTH\nS 454 4.7.0 too many logins", TroubleKind.LIMITED, "454", 300),
    ("AUTH 432", True, f"{LOGIN_HELLO}\nC AUTH\nS 432 4.3.2 concurrent connections", TroubleKind.BUSY, "432", None),
    (
        "AUTH 550 5.7.30",
        True,
        f"{LOGIN_HELLO}\nC AUTH\nS 550 5.7.30 basic auth off",
        TroubleKind.BROKEN,
        "5.7.30",
        None,
    ),
    ("AUTH asks on and on", True, f"{LOGIN_HELLO}\nC AUTH\nS 334 \nC *\nS 501 ok", TroubleKind.BROKEN, "501", None),
]


@pytest.mark.parametrize(
    ("has_login", "script", "kind", "words", "seconds"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_fault_before_the_message(
    run: Run, has_login: bool, script: str, kind: TroubleKind, words: str, seconds: float | None
) -> None:
    async def story() -> None:
        async with scripted_server(script) as server:
            login = account(server.port, username="ann", password="s3cret") if has_login else account(server.port)
            trouble = await trouble_of(channel(), login)
        assert trouble.kind is kind
        assert words in trouble.reason
        assert trouble.retry_after_seconds == seconds
        assert server.messages == []

    run(story())


@pytest.mark.parametrize(
    "script",
    ["SILENCE", "RAW 220-slow", "S 220 ready\nC EHLO\nSILENCE", "S 220 ready\nC EHLO\nS 250-slow"],
    ids=["no banner", "half a banner", "no answer to EHLO", "half an answer to EHLO"],
)
def test_silent_server_is_left_after_the_timeout(run: Run, script: str) -> None:
    async def story() -> None:
        async with scripted_server(script) as server:
            trouble = await trouble_of(channel(HASTY), account(server.port))
        assert trouble.kind is TroubleKind.FAILING
        assert "no answer within 0.2 s" in trouble.reason

    run(story())


def test_refused_connection_is_the_accounts_trouble(run: Run) -> None:
    async def story() -> None:
        with socket.socket() as bound:  # bound, but nobody listens
            bound.bind(("127.0.0.1", 0))
            trouble = await trouble_of(channel(), account(bound.getsockname()[1]))
        assert trouble.kind is TroubleKind.FAILING
        assert "cannot connect: Connection refused" in trouble.reason

    run(story())


def test_unreachable_server_is_left_after_the_connect_timeout(run: Run) -> None:
    async def story() -> None:
        with socket.socket() as full, socket.socket() as first, socket.socket() as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for waiting in (first, second):  # the queue is full now: the next SYN gets no answer
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            trouble = await trouble_of(channel(HASTY), account(full.getsockname()[1]))
        assert trouble.kind is TroubleKind.FAILING
        assert "cannot connect: no answer within 0.2 s" in trouble.reason

    run(story())


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 64}.example.com", "two..dots"])
def test_unknown_host_is_the_accounts_trouble(run: Run, host: str) -> None:
    async def story() -> None:
        trouble = await trouble_of(channel(), account(25, host=host))
        assert trouble.kind is TroubleKind.FAILING
        assert "the host name is not known" in trouble.reason

    run(story())


def test_second_address_is_tried_when_the_first_refuses(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(HELLO + LETTER) as server:  # on 127.0.0.1; localhost may begin with ::1
            session = await channel().connect(account(server.port, host="localhost"))
            assert await session.offer(letter()) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()

    run(story())


def test_helo_is_enough_for_an_old_server_without_login(run: Run) -> None:
    async def story() -> None:
        old = "S 220 old\nC EHLO\nS 502 unknown\nC HELO client.example.com\nS 250 hello\n"
        dialogue = "C MAIL FROM:<bounce+1@example.com>\nS 250 ok\nC RCPT\nS 250 ok\nC DATA\nS 354 go\nBODY\nS 250 ok"
        async with scripted_server(old + dialogue) as server:
            session = await channel().connect(account(server.port))
            assert await session.offer(letter()) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert server.messages == [letter().data]
        assert server.deviations == []

    run(story())


# -- encryption -------------------------------------------------------------------------------------------------------

TLS_ROWS = [
    ("STARTTLS missing or stripped", HELLO, TroubleKind.BROKEN, "does not offer STARTTLS"),
    ("STARTTLS 454", f"{ENCRYPTED_HELLO}\nC STARTTLS\nS 454 4.7.0 not now", TroubleKind.FAILING, "454"),
    ("STARTTLS 502", f"{ENCRYPTED_HELLO}\nC STARTTLS\nS 502 no", TroubleKind.BROKEN, "502"),
    (
        "handshake garbage",
        f"{ENCRYPTED_HELLO}\nC STARTTLS\nS 220 go\nPART 5\nS 250 plain",
        TroubleKind.FAILING,
        "TLS failed",
    ),
    (
        "closed in the handshake",
        f"{ENCRYPTED_HELLO}\nC STARTTLS\nS 220 go\nPART 5\nCLOSE",
        TroubleKind.FAILING,
        "TLS failed",
    ),
    ("closed after STARTTLS", f"{ENCRYPTED_HELLO}\nC STARTTLS\nCLOSE", TroubleKind.FAILING, "after STARTTLS"),
    (
        "injected",
        f"{ENCRYPTED_HELLO}\nC STARTTLS\nRAW 220 go\\r\\n250 evil\\r\\n\nSILENCE",
        TroubleKind.BROKEN,
        "inject",
    ),
    ("half injected", f"{ENCRYPTED_HELLO}\nC STARTTLS\nRAW 220 go\\r\\n250 ev\nSILENCE", TroubleKind.BROKEN, "inject"),
]


@pytest.mark.parametrize(("script", "kind", "words"), [row[1:] for row in TLS_ROWS], ids=[row[0] for row in TLS_ROWS])
def test_encryption_that_fails_never_becomes_plaintext(
    run: Run, script: str, kind: TroubleKind, words: str, certificates: Certificates
) -> None:
    async def story() -> None:
        async with scripted_server(script, context=certificates.server_context()) as server:
            login = account(
                server.port, security=Security.STARTTLS, username="ann", password="s3cret", ca_file=certificates.ca_file
            )
            trouble = await trouble_of(channel(), login)
        assert trouble.kind is kind
        assert words in trouble.reason
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.lines)

    run(story())


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown authority", "wrong name"])
def test_certificate_that_is_not_valid_breaks_the_account(
    run: Run, at_once: bool, fault: str, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make_certificates(tmp_path_factory.mktemp("other"), "elsewhere.example.com")
    trusted = certificates.ca_file if fault == "unknown authority" else other.ca_file

    async def story() -> None:
        script = HELLO if at_once else f"{ENCRYPTED_HELLO}\nC STARTTLS\nS 220 go\nTLS"
        async with scripted_server(script, context=other.server_context(), tls_at_once=at_once) as server:
            security = Security.TLS if at_once else Security.STARTTLS
            trouble = await trouble_of(channel(), account(server.port, security=security, ca_file=trusted))
        assert trouble.kind is TroubleKind.BROKEN
        assert "the certificate is not valid" in trouble.reason

    run(story())


def test_capabilities_from_before_starttls_are_forgotten(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        plain = "S 220 ready\nC EHLO\nS 250-scripted\nS 250-PIPELINING\nS 250-SIZE 10\nS 250 STARTTLS\n"
        encrypted = "C STARTTLS\nS 220 go\nTLS\nC EHLO\nS 250 scripted\n"
        stepwise = "C MAIL FROM:<bounce+1@example.com>\nS 250 ok\nC RCPT\nS 250 ok\nC DATA\nS 354 go\nBODY\nS 250 ok"
        async with scripted_server(plain + encrypted + stepwise, context=certificates.server_context()) as server:
            session = await channel().connect(
                account(server.port, security=Security.STARTTLS, ca_file=certificates.ca_file)
            )
            assert await session.offer(letter()) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert "MAIL FROM:<bounce+1@example.com>" in server.lines  # no SIZE=, and not in one write
        assert server.messages == [letter().data]

    run(story())


def test_tls_from_the_first_byte(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with scripted_server(
            HELLO + LETTER + LETTER, context=certificates.server_context(), tls_at_once=True
        ) as server:
            session = await channel().connect(account(server.port, security=Security.TLS, ca_file=certificates.ca_file))
            assert await session.offer(letter(1)) is None
            following = letter(2)
            assert isinstance(await session.hand_over(following), Accepted)
            assert await session.offer(following) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert len(server.messages) == 2

    run(story())


def test_authority_file_that_cannot_be_read_breaks_the_account(run: Run, tmp_path: Any) -> None:
    async def story() -> None:
        login = account(465, security=Security.TLS, ca_file=tmp_path / "missing.pem")
        trouble = await trouble_of(channel(), login)
        assert trouble.kind is TroubleKind.BROKEN
        assert "missing.pem" in trouble.reason

    run(story())


def test_silent_server_is_left_during_the_tls_handshake(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with scripted_server("SILENCE") as server:
            login = account(server.port, security=Security.TLS, ca_file=certificates.ca_file)
            trouble = await trouble_of(channel(HASTY), login)
        assert trouble.kind is TroubleKind.FAILING
        assert "TLS failed" in trouble.reason

    run(story())


def test_cancelled_connect_leaves_no_connection(run: Run) -> None:
    async def story() -> None:
        async with scripted_server("S 220 ready\nC EHLO\nSILENCE") as server:
            connecting = asyncio.create_task(channel(PATIENT).connect(account(server.port)))
            await server.wait_for_step("SILENCE")
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            await server.wait_until_idle()

    run(story())
