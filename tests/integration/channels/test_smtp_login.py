"""Logins: what is sent for each mechanism, which one is chosen, and that secrets stay out of sight."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from paceline.domain.account import Security
from paceline.domain.outcome import Accepted, TroubleKind
from surroundings.certificates import Certificates
from surroundings.scripted_smtp import LETTER, hello, scripted_server
from surroundings.smtp_client import account, channel, letter, trouble_of

Run = Callable[[Coroutine[Any, Any, None]], None]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


DIGEST = hmac.new(b"s3cret \xc3\xbc", b"<1896.697170952@example.com>", "md5").hexdigest()

# offered, encrypted, the dialogue
MECHANISMS = [
    ("AUTH PLAIN LOGIN CRAM-MD5", True, f"C AUTH PLAIN {encoded(chr(0) + 'ann' + chr(0) + 's3cret ü')}\nS 235 ok\n"),
    ("AUTH=PLAIN", True, f"C AUTH PLAIN {encoded(chr(0) + 'ann' + chr(0) + 's3cret ü')}\nS 235 ok\n"),
    (
        "AUTH GSSAPI LOGIN",
        True,
        f"C AUTH LOGIN\nS 334 {encoded('Username:')}\nC {encoded('ann')}\nS 334 {encoded('Password:')}\nC {encoded('s3cret ü')}\nS 235 ok\n",
    ),
    (
        "AUTH PLAIN CRAM-MD5",
        False,
        f"C AUTH CRAM-MD5\nS 334 {encoded('<1896.697170952@example.com>')}\nC {encoded('ann ' + DIGEST)}\nS 235 ok\n",
    ),
]


@pytest.mark.parametrize(
    ("offered", "encrypted", "dialogue"), MECHANISMS, ids=["plain", "old plain", "login", "cram-md5"]
)
def test_login(run: Run, offered: str, encrypted: bool, dialogue: str, certificates: Certificates) -> None:
    async def story() -> None:
        script = hello(offered, "PIPELINING") + dialogue + LETTER
        context = certificates.server_context()
        async with scripted_server(script, context=context, tls_at_once=encrypted) as server:
            login = account(
                server.port,
                security=Security.TLS if encrypted else Security.NONE,
                username="ann",
                password="s3cret ü",
                ca_file=certificates.ca_file,
            )
            session = await channel().connect(login)
            assert await session.offer(letter()) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert server.deviations == []

    run(story())


def test_server_that_echoes_the_login_does_not_reveal_it(run: Run) -> None:
    async def story() -> None:
        line = encoded("\0ann\0s3cret")
        script = hello("AUTH PLAIN") + f"C AUTH PLAIN\nS 535-refused: AUTH PLAIN {line}\nS 535 password s3cret is wrong"
        async with scripted_server(script) as server:
            trouble = await trouble_of(channel(), account(server.port, username="ann", password="s3cret"))
        assert trouble.kind is TroubleKind.BROKEN
        assert trouble.reason == "535 refused: AUTH PLAIN *** password *** is wrong"

    run(story())


def test_account_without_a_username_does_not_log_in(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(hello("AUTH PLAIN", "PIPELINING") + LETTER) as server:
            session = await channel().connect(account(server.port, password="left over"))
            assert await session.offer(letter()) is None
            assert isinstance(await session.hand_over(), Accepted)
            await session.close()
        assert not any(line.startswith("AUTH") for line in server.lines)

    run(story())
