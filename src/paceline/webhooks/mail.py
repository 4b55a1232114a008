"""Mail that Paceline itself sends to its people, through the server of the settings: short, plain text."""

from __future__ import annotations

import asyncio
import email.policy
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from paceline.channels.base import Channel, Letter
from paceline.content.headers import one_line
from paceline.domain.account import Account, Security, SmtpLogin
from paceline.domain.address import Mailbox, parse_mailbox
from paceline.domain.errors import AccountUnavailable, InputError, PacelineError, Problem
from paceline.domain.outcome import Accepted, Refused, Uncertain
from paceline.settings import Settings

_SCHEMES = {"smtp": (Security.STARTTLS, 587), "smtps": (Security.TLS, 465), "smtp+plain": (Security.NONE, 25)}
_URL, _FROM = "PACELINE_NOTIFY_SMTP_URL", "PACELINE_NOTIFY_FROM"
_SECONDS = 60.0
_LONGEST_SUBJECT = 200


class MailFailed(PacelineError):
    """A mail was not accepted. ``final``: trying again would not help."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class Mailer:
    """Sends one mail at a time, each over a connection of its own. The server is an administrator's: not guarded."""

    def __init__(self, channel: Channel, login: SmtpLogin, sender: Mailbox) -> None:
        self._channel = channel
        self._account = Account(id=0, name="notifications", login=login)
        self._sender = sender

    @classmethod
    def from_settings(cls, settings: Settings, channel: Channel) -> Mailer | None:
        """The mailer of these settings, None without a server. Raises InputError naming the setting, never its value."""
        if not settings.notify_smtp_url:
            return None
        return cls(channel, _login(settings.notify_smtp_url), _sender(settings.notify_from))

    async def send(self, *, to: str, subject: str, text: str, message_id: str, at: float) -> str:
        """Send a mail and return the server's reply. Raises MailFailed. A second call sends it again, under its id."""
        letter = Letter(
            sender=self._sender.address, recipient=to, data=self._compose(to, subject, text, message_id, at)
        )
        try:
            async with asyncio.timeout(_SECONDS):
                session = await self._channel.connect(self._account)
                try:
                    outcome = await session.offer(letter) or await session.hand_over()
                finally:
                    await session.close()
        except AccountUnavailable as error:
            raise MailFailed(str(error)) from error
        except TimeoutError:
            raise MailFailed(f"the mail server did not answer within {_SECONDS:g} s") from None
        if isinstance(outcome, Accepted):
            return outcome.reply
        if isinstance(outcome, Uncertain):
            raise MailFailed(f"handed over, but the answer is unknown: {outcome.cause}")
        raise MailFailed(outcome.reply, final=isinstance(outcome, Refused))

    def _compose(self, to: str, subject: str, text: str, message_id: str, at: float) -> bytes:
        message = EmailMessage(policy=email.policy.SMTP)
        local, _, domain = self._sender.address.rpartition("@")
        message["From"] = Address(one_line(self._sender.name), local, domain)
        message["To"] = to
        message["Subject"] = one_line(subject)[:_LONGEST_SUBJECT]
        message["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
        message["Message-ID"] = f"<{message_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable")
        return message.as_bytes()


def _login(url: str) -> SmtpLogin:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _SCHEMES or parts.path not in ("", "/"):
        accepted = "accepts smtp://user:password@host:587, smtps://…:465 or smtp+plain://…:25"
        raise InputError([Problem(file="environment", field=_URL, message=accepted)])
    security, usual = _SCHEMES[parts.scheme]
    return SmtpLogin(
        host=host,
        port=port or usual,
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _sender(words: str) -> Mailbox:
    try:
        return parse_mailbox(words)
    except ValueError as error:
        message = f"accepts an address such as Paceline <paceline@example.com>, got {words!r}: {error}"
        raise InputError([Problem(file="environment", field=_FROM, message=message)]) from None
