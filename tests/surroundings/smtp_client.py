"""What tests of the SMTP channel share: an account for a port, a letter, limits short enough to wait for."""

from __future__ import annotations

from pathlib import Path

from paceline.channels.base import Letter
from paceline.channels.smtp.channel import SmtpChannel
from paceline.channels.smtp.limits import SmtpLimits, SmtpTimeouts
from paceline.domain.account import Account, OAuth, Security, SmtpLogin
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import AccountTrouble

PATIENT = SmtpTimeouts(
    connect=10,
    tls=10,
    greeting=10,
    command=10,
    mail=10,
    recipient=10,
    data=10,
    block=10,
    final_dot=10,
    farewell=2,
    token=10,
)
"""For servers that answer: longer than any test needs, shorter than a test may hang."""

HASTY = SmtpTimeouts(
    connect=0.2,
    tls=0.2,
    greeting=0.2,
    command=0.2,
    mail=0.2,
    recipient=0.2,
    data=0.2,
    block=0.2,
    final_dot=0.2,
    farewell=0.1,
    token=0.2,
)
"""For servers that never answer."""


def account(
    port: int,
    *,
    host: str = "127.0.0.1",
    security: Security = Security.NONE,
    username: str = "",
    password: str = "",
    oauth: OAuth | None = None,
    ca_file: Path | None = None,
) -> Account:
    """An account at a server of this machine."""
    login = SmtpLogin(
        host=host,
        port=port,
        security=security,
        username=username,
        password=password,
        oauth=oauth,
        ca_file=str(ca_file or ""),
    )
    return Account(id=1, name="relay-1", login=login)


def letter(number: int = 1, data: bytes = b"Subject: hello\r\n\r\nHow are you?\r\n") -> Letter:
    """A letter to a recipient of its own."""
    return Letter(sender=f"bounce+{number}@example.com", recipient=f"user{number}@example.org", data=data)


def channel(timeouts: SmtpTimeouts = PATIENT, **limits: float | None) -> SmtpChannel:
    """A channel with these timeouts; ``limits`` as in SmtpLimits."""
    return SmtpChannel(SmtpLimits(timeouts=timeouts, client_name="client.example.com", **limits))  # type: ignore[arg-type]  # each field has its own type


async def trouble_of(channel: SmtpChannel, account: Account) -> AccountTrouble:
    """The trouble that keeps an account from connecting."""
    try:
        session = await channel.connect(account)
    except AccountUnavailable as error:
        return error.trouble
    await session.close()
    raise AssertionError("the account connected")
