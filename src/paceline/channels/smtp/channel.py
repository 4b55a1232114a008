"""The SMTP channel: opens sessions for accounts."""

from __future__ import annotations

import ssl

from paceline.channels.smtp.limits import SmtpLimits, messages_per_connection_of
from paceline.channels.smtp.oauth import TokenSource
from paceline.channels.smtp.opening import open_connection
from paceline.channels.smtp.session import SmtpSession
from paceline.domain.account import Account, Security, SmtpLogin
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import AccountTrouble, TroubleKind
from paceline.outbound.address_guard import AddressGuard


class SmtpChannel:
    """E-mail through SMTP servers (``paceline.channels.base.Channel``). One serves all accounts of a process."""

    def __init__(
        self,
        limits: SmtpLimits | None = None,
        tokens: TokenSource | None = None,
        guard: AddressGuard | None = None,
    ) -> None:
        """``guard`` says where guarded accounts may connect to; without one, to public addresses only."""
        self._guard = guard or AddressGuard()
        self._limits = limits or SmtpLimits()
        self._tokens = tokens or TokenSource(seconds=self._limits.timeouts.token)
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def connect(self, account: Account) -> SmtpSession:
        """Connect, encrypt and log in. Raises AccountUnavailable; every wait inside is one of ``SmtpTimeouts``."""
        login = account.smtp
        context = None if login.security is Security.NONE else self._context(login)
        connection, capabilities = await open_connection(
            login, limits=self._limits, context=context, tokens=self._tokens, guard=self._guard
        )
        most = self._limits.messages_per_connection or messages_per_connection_of(login.host)
        return SmtpSession(
            connection,
            capabilities,
            host=login.host,
            timeouts=self._limits.timeouts,
            most_messages=min(most, capabilities.most_messages or most),
            age_seconds=self._limits.age_seconds,
        )

    def _context(self, login: SmtpLogin) -> ssl.SSLContext:
        """Certificates and host names are always checked. Reading the authorities takes long, so it is done once."""
        context = self._contexts.get(login.ca_file)
        if context is None:
            context = ssl.create_default_context()
            if login.ca_file:
                try:
                    context.load_verify_locations(login.ca_file)
                except OSError as error:
                    reason = f"the certificates in {login.ca_file} cannot be read: {error.strerror or error}"
                    raise AccountUnavailable(AccountTrouble(kind=TroubleKind.BROKEN, reason=reason)) from error
            self._contexts[login.ca_file] = context
        return context
