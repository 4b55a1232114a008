"""All channels as one: each account is connected by the channel of its login."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from paceline.channels.base import Channel, Session
from paceline.domain.account import Account, SmtpLogin, WhatsAppLogin


class EveryChannel:
    """``paceline.channels.base.Channel`` for accounts of any kind."""

    def __init__(self, *, email: Channel, whatsapp: Callable[[], Channel]) -> None:
        """``whatsapp`` makes its channel when the first of its accounts is connected: its HTTP client takes long to load."""
        self._email = email
        self._whatsapp = cache(whatsapp)

    async def connect(self, account: Account) -> Session:
        """Open a session on the account's own channel. Raises AccountUnavailable."""
        match account.login:
            case SmtpLogin():
                return await self._email.connect(account)
            case WhatsAppLogin():
                return await self._whatsapp().connect(account)
