"""A server that is far away: a TCP proxy in a process of its own that lets every byte arrive later."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection
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
        if self.other is not None and self.other.transport is not None:
            self._loop.call_later(self._seconds, self.other.transport.close)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)


async def _serve(port: int, one_way_seconds: float, ready: Connection) -> None:
    loop = asyncio.get_running_loop()
    dials: set[asyncio.Task[None]] = set()

    async def dial(far: _OneWay) -> None:
        await loop.create_connection(lambda: far, "127.0.0.1", port)

    def accept() -> asyncio.Protocol:
        near, far = _OneWay(one_way_seconds), _OneWay(one_way_seconds)
        near.other, far.other = far, near
        dials.add(loop.create_task(dial(far)))
        return near

    listener = await loop.create_server(accept, "0.0.0.0", 0)
    ready.send(listener.sockets[0].getsockname()[1])
    await listener.serve_forever()


def _run(port: int, one_way_seconds: float, ready: Connection) -> None:
    asyncio.run(_serve(port, one_way_seconds, ready))


@contextlib.contextmanager
def far_away(port: int, *, round_trip_seconds: float) -> Iterator[int]:
    """A port that leads to ``port`` of this machine the long way round."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(port, round_trip_seconds / 2, there))
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()
