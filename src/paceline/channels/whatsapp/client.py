"""HTTP to the Cloud API: kept-alive connections, bounded answers, and a known moment at which a request leaves.

A request waits at a gate between its connection and its first byte. Before the gate nothing of it is on the wire, so
whatever fails there was not sent; behind it only an answer says what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import ssl
import time
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from paceline.channels.printable import printable
from paceline.channels.whatsapp.endings import HttpAnswer, NoAnswer, NotSent
from paceline.channels.whatsapp.limits import WhatsAppLimits
from paceline.outbound.address_guard import AddressGuard, AddressRefused
from paceline.outbound.open_files import with_room_for
from paceline.outbound.resolver import GuardedResolver, guarded_socket

USER_AGENT = "Paceline/1.0.0"


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What has gone over the connections of one client."""

    requests: int = 0
    opened: int = 0
    """Connections that were made for them."""

    @property
    def reuse(self) -> float:
        """The share of requests that found a connection, from 0 to 1."""
        return 1 - self.opened / self.requests if self.requests else 0.0


class CloudApiClient:
    """The connections of one phone number."""

    def __init__(
        self,
        base_url: str,
        token: str,
        limits: WhatsAppLimits,
        *,
        per_second: float = 1.0,
        guard: AddressGuard | None = None,
    ) -> None:
        """``base_url`` holds the version: https://graph.facebook.com/v25.0. ``per_second``: requests that are expected;
        ``guard`` refuses private addresses.
        """
        self._base_url = base_url
        self._limits = limits
        self.traffic = Traffic()
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        self._session = aiohttp.ClientSession(
            connector=_Connector(limits, self.traffic, per_second, guard),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=limits.connect_seconds, sock_connect=limits.connect_seconds
            ),
            auto_decompress=False,
            trust_env=False,
        )

    def begin(self, path: str, body: bytes, *, content_type: str = "application/json") -> Exchange:
        """A POST that will wait at the gate once it has a connection."""
        post = self._post if content_type == "application/json" else partial(self._post, content_type=content_type)
        return Exchange(post, path, body, self._limits.activity_seconds)

    async def _post(self, path: str, body: bytes, content_type: str = "application/json") -> HttpAnswer:
        headers = {**self._headers, "Content-Type": content_type}
        async with self._session.post(
            f"{self._base_url}{path}", data=body, headers=headers, allow_redirects=False
        ) as response:
            return await self._read(response)

    def begin_reading(self, path: str) -> Exchange:
        """A GET that will wait at the gate once it has a connection."""
        return Exchange(self._get, path, b"", self._limits.activity_seconds)

    async def _get(self, path: str, _: bytes) -> HttpAnswer:
        url = URL(f"{self._base_url}{path}", encoded=True)
        async with self._session.get(url, headers=self._headers, allow_redirects=False) as response:
            return await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> HttpAnswer:
        received = bytearray()
        async for part in response.content.iter_any():
            received += part
            if len(received) > self._limits.longest_answer:
                response.close()
                raise aiohttp.ClientPayloadError(f"the answer is longer than {self._limits.longest_answer} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(status=response.status, headers=headers, body=bytes(received))

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()


class Exchange:
    """One request and its answer: ``ready``, then ``send`` or ``abandon``."""

    def __init__(self, post: Any, path: str, body: bytes, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._crossed = False
        self._connected: asyncio.Future[None] = loop.create_future()
        self._go: asyncio.Future[None] = loop.create_future()
        self._task: asyncio.Task[HttpAnswer] = asyncio.create_task(self._run(post, path, body))

    async def _run(self, post: Any, path: str, body: bytes) -> HttpAnswer:
        _EXCHANGE.set(self)  # the task's own context: the connector finds this exchange in it
        answer: HttpAnswer = await post(path, body)
        return answer

    async def ready(self) -> NotSent | None:
        """Wait for the connection. None: the request stands at the gate."""
        await self._either(self._connected)
        return self._failed_before() if self._task.done() else None

    async def send(self) -> HttpAnswer | NotSent | NoAnswer:
        """Let the request out and wait for the answer."""
        if self._task.done():
            return self._failed_before()
        self._go.set_result(None)
        try:
            done, _ = await asyncio.wait((self._task,), timeout=self._seconds)
        except asyncio.CancelledError:
            self.abandon()
            raise
        if not done:
            self.abandon()
            return NoAnswer(reason=f"no answer within {self._seconds:g} s")
        error = self._task.exception()
        if error is None:
            return self._task.result()
        if not self._crossed:
            return self._failed_before()
        if isinstance(error, aiohttp.ClientError | OSError | ValueError):
            return NoAnswer(reason=in_words(error))
        raise error

    def abandon(self) -> None:
        """Wait no longer. Before the gate the request will never leave, and its connection is good for another one."""
        self._task.cancel()
        self._task.add_done_callback(_retrieve)

    async def at_gate(self, transport: asyncio.BaseTransport | None) -> None:
        """The connection is there. Returns when the request may leave; raises when the connection has died meanwhile."""
        if not self._connected.done():
            self._connected.set_result(None)
        await self._go
        if transport is None or transport.is_closing() or _has_something_to_read(transport):
            raise ConnectionLost
        self._crossed = True

    async def _either(self, future: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait((future, self._task), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.abandon()
            raise

    def _failed_before(self) -> NotSent:
        error = self._task.exception()
        if isinstance(error, aiohttp.ClientError | OSError | ValueError | AddressRefused):
            return NotSent(reason=in_words(error), is_trouble=not isinstance(error, ConnectionLost))
        raise error or RuntimeError("the request left before it was told to")


class ConnectionLost(aiohttp.ClientConnectionError):
    """The connection was closed by the server before the request left."""

    def __str__(self) -> str:
        return "the server closed the connection before the request left"


_FIRST_GUESS_SECONDS = 0.3
_WEIGHT_OF_ONE = 0.01  # what the pool follows upwards it keeps: a mean that jumps would make it larger than it need be
_EXCHANGE: ContextVar[Exchange] = ContextVar("exchange")


class _Connector(aiohttp.TCPConnector):
    """A pool whose connections have an age, that grows with rate x latency, and whose requests wait at the gate."""

    def __init__(self, limits: WhatsAppLimits, traffic: Traffic, per_second: float, guard: AddressGuard | None) -> None:
        guarded: dict[str, Any] = {}
        if guard is not None:
            guarded = {"resolver": GuardedResolver(guard), "socket_factory": guarded_socket(guard)}
        super().__init__(
            limit=with_room_for(limits.sockets_at(per_second)),
            keepalive_timeout=limits.idle_seconds,
            ssl=ssl.create_default_context(),
            **guarded,
        )
        self._limits = limits
        self._traffic = traffic
        self._born: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()
        self._taken: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()
        self._per_second = per_second
        self._use_seconds = _FIRST_GUESS_SECONDS  # how long a request has its connection, in the mean
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        await self._find_room(req.connection_key)
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None
            age = time.monotonic() - self._born.setdefault(protocol, time.monotonic())
            if age <= self._limits.lifetime_seconds and not _has_something_to_read(connection.transport):
                break
            connection.close()
        self._taken[protocol] = time.monotonic()
        try:
            await _EXCHANGE.get().at_gate(connection.transport)
        except asyncio.CancelledError:
            connection.release()  # untouched
            raise
        except BaseException:
            connection.close()
            raise
        self._traffic.requests += 1
        return connection

    async def _find_room(self, key: ConnectionKey) -> None:
        """Once as many connections are at work as rate x latency asks for, one of them is back sooner than a new one is made."""
        if not self._is_full(key):
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.patience_seconds):
                while self._is_full(key):
                    back = asyncio.get_running_loop().create_future()
                    self._waiting.append(back)
                    await back

    def _is_full(self, key: ConnectionKey) -> bool:
        return not self._conns.get(key) and len(self._acquired) >= max(self._per_second * self._use_seconds, 1)

    async def _create_connection(self, *arguments: Any, **named: Any) -> ResponseHandler:
        protocol = await super()._create_connection(*arguments, **named)
        self._traffic.opened += 1
        return protocol

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        idle = sum(map(len, self._conns.values()))
        at_work = len(self._acquired) - 1  # latencies vary, so what is idle now is needed in a moment
        too_many = idle >= max(self._limits.idle_sockets, at_work)
        super()._release(key, protocol, should_close=should_close or too_many)
        if (taken := self._taken.pop(protocol, None)) is not None:
            self._use_seconds += (time.monotonic() - taken - self._use_seconds) * _WEIGHT_OF_ONE
        while self._waiting:
            if not (back := self._waiting.popleft()).done():
                back.set_result(None)
                break


def _has_something_to_read(transport: asyncio.BaseTransport | None) -> bool:
    """Whether the kernel holds something from the server though nothing was asked: mostly, that it has hung up."""
    if transport is None or transport.is_closing():
        return True
    number = transport.get_extra_info("socket").fileno()
    if number < 0:
        return True
    arrivals = select.poll()
    arrivals.register(number, select.POLLIN)
    return bool(arrivals.poll(0))


def _retrieve(task: asyncio.Task[HttpAnswer]) -> None:
    """Look at how a task has ended, which nobody waits for."""
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()


def in_words(error: BaseException) -> str:
    """Why a request has no answer, for a person."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return printable(f"the certificate is not valid: {error.certificate_error}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host name {error.host} is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        return printable(f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}")
    if isinstance(error, TimeoutError):
        return "no connection in time"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed without an answer"
    return printable(str(error)) or type(error).__name__
