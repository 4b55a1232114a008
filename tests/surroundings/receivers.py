"""Receivers of webhooks: a real HTTP server on loopback that keeps what it gets and answers as a test asks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> str:
        """What it tells of."""
        return str(json.loads(self.body)["type"])

    @property
    def data(self) -> dict[str, Any]:
        """The facts."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def thanks(request: web.Request) -> web.StreamResponse:
    """204, as a good receiver says."""
    return web.Response(status=204)


def answers(status: int, text: str = "", **headers: str) -> Answering:
    """Always this answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, text=text, headers={name.replace("_", "-"): v for name, v in headers.items()}
        )

    return answer


async def ten_megabytes(request: web.Request) -> web.StreamResponse:
    """200 and a body of 10 MB, as far as somebody reads it."""
    response = web.StreamResponse(status=200)
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _ in range(160):
            await response.write(b"x" * 65536)
    return response


async def hangs(request: web.Request) -> web.StreamResponse:
    """No answer while the test runs."""
    await asyncio.sleep(300)
    return web.Response()


@dataclass(slots=True, kw_only=True)
class Receiver:
    """A running server. ``answering`` may be changed by path while it runs."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answering: dict[str, Answering] = field(default_factory=dict)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """Where it listens."""
        return f"http://{host}:{self.port}{path}"

    def calls_to(self, path: str) -> list[Call]:
        """What came in on one path."""
        return [call for call in self.calls if call.path == path]

    async def count_up(self, request: web.Request) -> web.StreamResponse:
        """503, with the number of the call."""
        return web.Response(status=503, text=str(len(self.calls)))

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Keep a call, then answer."""
        body = (await request.read()).decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Call(path=request.path, headers=headers, body=body))
        return await self.answering.get(request.path, thanks)(request)


@contextlib.asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """Run a receiver in this loop."""
    receiver = Receiver()
    application = web.Application(client_max_size=1 << 20)
    application.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
