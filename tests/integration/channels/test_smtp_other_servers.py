"""Servers that we did not write: aiosmtpd with AUTH and STARTTLS, and Postfix's smtp-sink."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session as PeerSession

from paceline.channels.base import Letter
from paceline.channels.smtp.channel import SmtpChannel
from paceline.domain.account import Account, Security
from paceline.domain.outcome import Accepted, Deferred, Outcome, Refused, Returned, TroubleKind
from surroundings.certificates import Certificates
from surroundings.sink import running_sink
from surroundings.smtp_client import account, channel, letter, trouble_of

Run = Callable[[Coroutine[Any, Any, None]], None]


async def send_all(channel: SmtpChannel, account: Account, letters: Iterator[Letter]) -> list[Outcome]:
    """Send over one connection, each next envelope behind the dot before it."""
    session = await channel.connect(account)
    outcomes: list[Outcome] = []
    current = next(letters, None)
    while current is not None:
        following = next(letters, None)
        outcomes.append(await session.offer(current) or await session.hand_over(following))
        current = following
    await session.close()
    return outcomes


# -- aiosmtpd -----------------------------------------------------------------------------------------------------------


class Keeper:
    """What arrived: (sender, recipients, content)."""

    def __init__(self) -> None:
        self.received: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server: SMTP, session: PeerSession, envelope: Envelope) -> str:  # aiosmtpd's name
        assert envelope.mail_from is not None
        assert isinstance(envelope.original_content, bytes)
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 2.0.0 kept"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ann", b"s3cret")
    return AuthResult(success=good, handled=False)


@contextlib.asynccontextmanager
async def aiosmtpd_server(keeper: Keeper, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: SMTP(keeper, loop=loop, hostname="peer.example.com", enable_SMTPUTF8=True, **options), "127.0.0.1", 0
    )
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await listener.wait_closed()


@pytest.mark.parametrize("excluded", [[], ["PLAIN"]], ids=["plain", "login"])
def test_aiosmtpd_with_starttls_and_login_receives_every_byte(
    run: Run, certificates: Certificates, excluded: list[str]
) -> None:
    bodies = [f"Subject: {n}\r\n\r\n.\r\n..dots\r\n.{'x' * n}\r\nümlaut 🎈\r\n".encode() for n in range(20)]

    async def story() -> None:
        keeper = Keeper()
        options = {"authenticator": _authenticate, "auth_required": True, "auth_exclude_mechanism": excluded}
        async with aiosmtpd_server(
            keeper, tls_context=certificates.server_context(), require_starttls=True, **options
        ) as port:
            login = account(
                port, security=Security.STARTTLS, username="ann", password="s3cret", ca_file=certificates.ca_file
            )
            letters = (letter(number, body) for number, body in enumerate(bodies))
            outcomes = await send_all(channel(), login, letters)
        assert outcomes == [Accepted(reply="250 2.0.0 kept")] * len(bodies)
        assert keeper.received == [
            (f"bounce+{number}@example.com", [f"user{number}@example.org"], body) for number, body in enumerate(bodies)
        ]

    run(story())


def test_aiosmtpd_refuses_a_wrong_password(run: Run, certificates: Certificates) -> None:
    async def story() -> None:
        async with aiosmtpd_server(
            Keeper(), tls_context=certificates.server_context(), authenticator=_authenticate, auth_required=True
        ) as port:
            login = account(
                port, security=Security.STARTTLS, username="ann", password="wrong", ca_file=certificates.ca_file
            )
            trouble = await trouble_of(channel(), login)
        assert trouble.kind is TroubleKind.BROKEN
        assert trouble.reason.startswith("535 5.7.8")

    run(story())


# -- smtp-sink ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["-p"], ["-e"]], ids=["pipelined", "stepwise", "helo only"])
def test_smtp_sink_receives_each_letter_once(run: Run, smtp_sink: str, options: list[str]) -> None:
    connections, each = 4, 50

    def letters(connection: int) -> Iterator[Letter]:
        for number in range(each):
            yield letter(number, f"Subject: {connection}-{number}\r\n\r\n.dot\r\n".encode() + b"line\r\n" * 500)

    async def story(port: int) -> None:
        results = await asyncio.gather(
            *(send_all(channel(), account(port), letters(connection)) for connection in range(connections))
        )
        assert all(isinstance(outcome, Accepted) for result in results for outcome in result)

    with running_sink(smtp_sink, *options) as sink:
        run(story(sink.port))
        messages = sink.messages()
    subjects = [message.split(b"Subject: ")[1].split(b"\n")[0].decode() for message in messages]
    assert sorted(subjects) == sorted(f"{c}-{n}" for c in range(connections) for n in range(each))
    assert all(message.rstrip(b"\n").endswith(b"\n\n.dot\n" + b"line\n" * 499 + b"line") for message in messages)


FAULTS = [
    ("-r", "mail", Returned),
    ("-r", "rcpt", Deferred),
    ("-r", "data", Deferred),
    ("-r", ".", Deferred),
    ("-f", "mail", Returned),
    ("-f", "rcpt", Returned),  # smtp-sink's 500 means that it does not know the command
    ("-f", ".", Refused),
    ("-q", "mail", Returned),
    ("-q", "rcpt", Returned),
    ("-q", "data", Returned),
    ("-Q", "mail", Returned),
    ("-Q", "rcpt", Returned),
    ("-Q", "data", Returned),
    ("-Q", ".", Returned),
]


@pytest.mark.parametrize(("option", "verb", "expected"), FAULTS, ids=[f"{row[0]} {row[1]}" for row in FAULTS])
def test_smtp_sink_that_misbehaves_stores_nothing(
    run: Run, smtp_sink: str, option: str, verb: str, expected: type[Outcome]
) -> None:
    async def story(port: int) -> None:
        session = await channel().connect(account(port))
        outcome = await session.offer(letter()) or await session.hand_over()
        assert isinstance(outcome, expected), outcome
        await session.close()

    with running_sink(smtp_sink, option, verb) as sink:
        run(story(sink.port))
