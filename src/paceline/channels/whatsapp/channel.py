"""The WhatsApp channel: sessions for phone numbers of the Cloud API."""

from __future__ import annotations

import asyncio
import logging

from paceline.channels.whatsapp.client import CloudApiClient
from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.channels.whatsapp.media import MediaShelf, NumbersMedia
from paceline.channels.whatsapp.session import Number, WhatsAppSession
from paceline.domain.account import Account, WhatsAppLogin
from paceline.outbound.address_guard import AddressGuard

_log = logging.getLogger("paceline.channels")


class WhatsAppChannel:
    """WhatsApp messages (``paceline.channels.base.Channel``). One serves all numbers of a process."""

    def __init__(
        self,
        limits: WhatsAppLimits | None = None,
        guard: AddressGuard | None = None,
        shelf: MediaShelf | None = None,
    ) -> None:
        """``guard`` says where guarded accounts may connect to; without one, to public addresses only. ``shelf`` holds the
        files that go with messages.
        """
        self._shelf = shelf
        self._limits = limits or WhatsAppLimits()
        self._guard = guard or AddressGuard()
        self._numbers: dict[tuple[asyncio.AbstractEventLoop, int, WhatsAppLogin], Number] = {}

    async def connect(self, account: Account) -> WhatsAppSession:
        """A session; the connection is made with the first request, whose ``offer`` tells when that fails."""
        login = account.login
        if not isinstance(login, WhatsAppLogin):
            raise TypeError(f"{account.name} is no phone number")
        key = asyncio.get_running_loop(), account.id, login
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._new_number(account.id, login)
        number.sessions += 1

        async def leave() -> None:
            number.sessions -= 1
            if number.sessions == 0 and self._numbers.get(key) is number:
                del self._numbers[key]
                await self._close(account.name, number)

        return WhatsAppSession(number, leave)

    def _new_number(self, account_id: int, login: WhatsAppLogin) -> Number:
        client = CloudApiClient(
            f"{login.api_url.rstrip('/')}/{login.api_version}",
            login.token,
            self._limits,
            per_second=login.messages_per_second,
            guard=self._guard if login.guarded else None,
        )
        media = None if self._shelf is None else NumbersMedia(client, account_id, login.phone_number_id, self._shelf)
        return Number(client=client, path=f"/{login.phone_number_id}/messages", media=media)

    async def _close(self, name: str, number: Number) -> None:
        traffic = number.client.traffic
        if traffic.requests:
            _log.info(
                "%s: %d requests over %d connections, reuse %.1f %%",
                name,
                traffic.requests,
                traffic.opened,
                traffic.reuse * 100,
            )
        await number.client.close()
