"""Phone numbers of the tests on the WhatsApp simulator, and requests of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from paceline.channels.base import Letter
from paceline.channels.whatsapp.channel import WhatsAppChannel
from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.channels.whatsapp.messages import Shape, body, encode, template_message, text
from paceline.channels.whatsapp.session import WhatsAppSession
from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.outcome import Outcome
from paceline.sandbox.whatsapp_server import WhatsAppSandbox


@asynccontextmanager
async def simulator(**options: Any) -> AsyncIterator[WhatsAppSandbox]:
    """A running simulator."""
    server = WhatsAppSandbox(**options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def number_on(api_url: str, **fields: Any) -> Account:
    """A phone number whose API is there."""
    login = WhatsAppLogin(**{"phone_number_id": "106540352242922", "token": "secret", "api_url": api_url, **fields})
    return Account(id=1, name="number-1", login=login)


def letter(recipient: int | str = 0, components: list[Shape] | None = None, **fields: Any) -> Letter:
    """A template for one recipient."""
    to = f"+1650555{recipient:04d}" if isinstance(recipient, int) else recipient
    shape = template_message(
        to, "promo", "en_US", [body([text("Ann")])] if components is None else components, reference=f"m{to}"
    )
    return Letter(sender="106540352242922", recipient=to, data=encode(shape), template="promo/en_US", **fields)


@asynccontextmanager
async def session_on(
    server: WhatsAppSandbox | str, limits: WhatsAppLimits | None = None, **fields: Any
) -> AsyncIterator[WhatsAppSession]:
    """A session of a number on a simulator."""
    url = server if isinstance(server, str) else server.url
    session = await WhatsAppChannel(limits).connect(number_on(url, **fields))
    try:
        yield session
    finally:
        await session.close()


async def deliver(session: WhatsAppSession, one: Letter) -> Outcome:
    """Both steps."""
    ended = await session.offer(one)
    return await session.hand_over() if ended is None else ended
