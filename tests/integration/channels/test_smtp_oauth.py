"""XOAUTH2: tokens from a real HTTPS server, kept, renewed, and asked for once at a time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

import pytest

from paceline.channels.smtp.channel import SmtpChannel
from paceline.channels.smtp.oauth import PRESETS, TokenSource
from paceline.domain.account import OAuth
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import TroubleKind
from surroundings.certificates import Certificates
from surroundings.scripted_smtp import HELLO, hello, scripted_server
from surroundings.smtp_client import account, trouble_of

Run = Callable[[Coroutine[Any, Any, None]], None]


class TokenServer:
    """Answers each request with the next of its answers, the last one again and again."""

    def __init__(self, answers: list[tuple[int, dict[str, Any] | str]]) -> None:
        self.answers = answers
        self.forms: list[dict[str, list[str]]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length:")[1].split()[0])
            self.forms.append(parse_qs((await reader.readexactly(length)).decode()))
            status, answer = self.answers[min(len(self.forms), len(self.answers)) - 1]
            if status:
                body = json.dumps(answer) if isinstance(answer, dict) else answer
                extra = "Retry-After: 30\r\nLocation: https://elsewhere.invalid/\r\n"
                writer.write(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            await reader.read()
        writer.close()

    def oauth(self, **changes: str) -> OAuth:
        url = f"https://127.0.0.1:{self.port}/token"
        values = {"token_url": url, "client_id": "id", "client_secret": "cs", "refresh_token": "r1", **changes}
        return OAuth(**values)


@contextlib.asynccontextmanager
async def token_server(
    certificates: Certificates, *answers: tuple[int, dict[str, Any] | str]
) -> AsyncIterator[TokenServer]:
    server = TokenServer(list(answers))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=certificates.server_context())
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()


def source(certificates: Certificates, seconds: float = 10) -> TokenSource:
    return TokenSource(seconds=seconds, context=ssl.create_default_context(cafile=str(certificates.ca_file)))


def test_token_is_asked_for_once_and_kept(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with token_server(certificates, (200, {"access_token": "t1", "expires_in": 3600})) as server:
            tokens = source(certificates)
            found = await asyncio.gather(*(tokens.token(server.oauth(scope="mail")) for _ in range(5)))
            assert found == ["t1"] * 5
            assert server.forms == [
                {
                    "grant_type": ["refresh_token"],
                    "client_id": ["id"],
                    "client_secret": ["cs"],
                    "refresh_token": ["r1"],
                    "scope": ["mail"],
                }
            ]

    run(story())


def test_token_within_a_minute_of_its_end_is_renewed_with_the_newest_refresh_token(
    run: Run, certificates: Certificates
) -> None:
    async def story() -> None:
        first = (200, {"access_token": "t1", "expires_in": 60, "refresh_token": "r2"})
        second = (200, {"access_token": "t2", "expires_in": 3600})
        async with token_server(certificates, first, second) as server:
            tokens = source(certificates)
            assert [await tokens.token(server.oauth()) for _ in range(3)] == ["t1", "t2", "t2"]
            assert [form["refresh_token"] for form in server.forms] == [["r1"], ["r2"]]

    run(story())


@pytest.mark.parametrize(
    ("status", "answer", "kind", "words", "seconds"),
    [
        (
            400,
            {"error": "invalid_grant", "error_description": "expired"},
            TroubleKind.BROKEN,
            "invalid_grant expired",
            None,
        ),
        (401, {"error": "invalid_client"}, TroubleKind.BROKEN, "HTTP 401 invalid_client", None),
        (503, "busy", TroubleKind.FAILING, "HTTP 503", 30),
        (429, {}, TroubleKind.FAILING, "HTTP 429", 30),
        (302, "", TroubleKind.FAILING, "HTTP 302", 30),
        (200, "<html>", TroubleKind.FAILING, "HTTP 200", 30),
        (200, {"access_token": "a\r\nb"}, TroubleKind.FAILING, "HTTP 200", 30),
        (0, "", TroubleKind.FAILING, "no answer in time", None),
    ],
)
def test_token_that_is_not_given_is_the_accounts_trouble(
    run: Run,
    certificates: Certificates,
    status: int,
    answer: dict[str, Any] | str,
    kind: TroubleKind,
    words: str,
    seconds: float | None,
) -> None:
    async def story() -> None:
        async with token_server(certificates, (status, answer)) as server:
            with pytest.raises(AccountUnavailable) as caught:
                await source(certificates, seconds=10 if status else 0.3).token(server.oauth())
        trouble = caught.value.trouble
        assert trouble.kind is kind
        assert words in trouble.reason
        assert trouble.retry_after_seconds == seconds
        assert "r1" not in trouble.reason

    run(story())


def test_token_url_without_encryption_is_refused(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        with pytest.raises(AccountUnavailable, match="https://") as caught:
            await source(certificates).token(TokenServer([]).oauth(token_url="http://127.0.0.1/token"))
        assert caught.value.trouble.kind is TroubleKind.BROKEN

    run(story())


def test_token_server_with_a_strange_certificate_is_refused(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with token_server(certificates, (200, {"access_token": "t1"})) as server:
            with pytest.raises(AccountUnavailable, match="certificate"):
                await TokenSource(seconds=10).token(server.oauth())
            assert server.forms == []

    run(story())


def test_xoauth2_login_and_its_refusal_in_json(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        def line(token: str) -> str:
            return base64.b64encode(f"user=ann@example.com\x01auth=Bearer {token}\x01\x01".encode()).decode()

        refusal = base64.b64encode(b'{"status":"401"}').decode()
        offer = hello("AUTH XOAUTH2 PLAIN")
        refused = f"{offer}C AUTH XOAUTH2 {line('t1')}\nS 334 {refusal}\nC \nS 535 5.7.8 not accepted"
        accepted = f"{offer}C AUTH XOAUTH2 {line('t2')}\nS 235 welcome\n"
        answers = [(200, {"access_token": "t1"}), (200, {"access_token": "t2"})]
        async with token_server(certificates, *answers) as tokens, scripted_server(refused, accepted) as server:
            channel = SmtpChannel(tokens=source(certificates))
            login = account(server.port, username="ann@example.com", oauth=tokens.oauth())
            trouble = await trouble_of(channel, login)
            assert trouble.kind is TroubleKind.BROKEN
            assert trouble.reason == "535 5.7.8 not accepted"
            # The token may have been revoked: the next login brings a new one.
            session = await channel.connect(login)
            await session.close()
        assert server.deviations == []

    run(story())


def test_server_without_xoauth2_gets_no_token(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with (
            token_server(certificates, (200, {"access_token": "t1"})) as tokens,
            scripted_server(HELLO) as server,
        ):
            channel = SmtpChannel(tokens=source(certificates))
            trouble = await trouble_of(channel, account(server.port, username="ann", oauth=tokens.oauth()))
            assert trouble.kind is TroubleKind.BROKEN
            assert tokens.forms == []

    run(story())


def test_presets_are_encrypted_and_complete() -> None:
    assert set(PRESETS) == {"google", "microsoft"}
    assert all(preset.token_url.startswith("https://") for preset in PRESETS.values())
