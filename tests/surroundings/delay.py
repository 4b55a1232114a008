"""A TCP proxy that makes the way longer: every byte arrives later, none is lost, the order stays."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast


class _OneWay(asyncio.Protocol):
    """What arrives here leaves at the other end after the delay."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self.other: _OneWay | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._seconds, self._pass_on, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._loop.call_later(self._seconds, self._close_other)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def _close_other(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


@contextlib.asynccontextmanager
async def delaying_proxy(port: int, *, one_way_seconds: float) -> AsyncIterator[int]:
    """The port of a proxy to a server on 127.0.0.1; each direction takes ``one_way_seconds``."""
    loop = asyncio.get_running_loop()
    opened: list[_OneWay] = []

    def accept() -> asyncio.Protocol:
        near, far = _OneWay(one_way_seconds), _OneWay(one_way_seconds)
        near.other, far.other = far, near
        opened.extend((near, far))
        dials.append(loop.create_task(_dial(far)))
        return near

    async def _dial(far: _OneWay) -> None:
        await loop.create_connection(lambda: far, "127.0.0.1", port)

    dials: list[asyncio.Task[None]] = []
    listener = await loop.create_server(accept, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await asyncio.gather(*dials)
        for end in opened:
            if end.transport is not None:
                end.transport.abort()
        await listener.wait_closed()
