"""HTTP calls to URLs that people name: to addresses that were checked, without redirects, cookies or proxies, bounded."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from paceline.outbound.address_guard import AddressGuard, AddressInfo, AddressRefused
from paceline.outbound.resolver import as_resolved

_LONGEST_HEADER = 16384


class CallFailed(Exception):
    """There is no answer; the text says why, in words for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status, the headers (names in lower case) and the beginning of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class OutboundHttp:
    """Calls URLs. Every call has a connection of its own, to an address that was checked for its host."""

    def __init__(
        self, guard: AddressGuard, *, timeout_seconds: float, longest_answer: int = 4096, ca_file: str = ""
    ) -> None:
        """``longest_answer`` is how much of a body is read, in bytes; the connection is closed after it.

        ``ca_file`` names the only authority to believe; empty: those of the system. Raises OSError when it cannot be read.
        """
        self._guard = guard
        self._timeout_seconds = timeout_seconds
        self._longest_answer = longest_answer
        self._tls = ssl.create_default_context(cafile=ca_file or None)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send and return the answer, whatever its status. Raises AddressRefused and CallFailed."""
        return await self._call("POST", url, body, headers)

    async def get(self, url: str) -> Answer:
        """Ask and return the answer, whatever its status. Raises AddressRefused and CallFailed."""
        return await self._call("GET", url, None, {})

    async def ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Any method; return the answer, read up to its end or the longest one. Raises AddressRefused and CallFailed."""
        return await self._call(method, url, body, headers, whole=True)

    async def _call(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], *, whole: bool = False
    ) -> Answer:
        parts = self._guard.check_url(url)
        host = str(parts.hostname)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found = await self._guard.resolve(host, port)
                return await self._exchange(method, url, host, found, body, headers, whole=whole or method == "GET")
        except AddressRefused:
            raise
        except TimeoutError:
            raise CallFailed(f"no answer within {self._timeout_seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CallFailed(_words(error)) from error

    async def _exchange(
        self,
        method: str,
        url: str,
        host: str,
        found: list[AddressInfo],
        body: bytes | None,
        headers: dict[str, str],
        *,
        whole: bool,
    ) -> Answer:
        connector = aiohttp.TCPConnector(
            resolver=_Resolved(found),
            use_dns_cache=False,
            force_close=True,
            ssl=self._tls,
            socket_factory=lambda info: self._socket(host, info),
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
                raise_for_status=False,
            ) as session,
            session.request(method, url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            beginning = await response.content.read(self._longest_answer)
            while whole and len(beginning) < self._longest_answer and not response.content.at_eof():
                beginning += await response.content.read(self._longest_answer - len(beginning))
            answer_headers = {name.lower(): value for name, value in response.headers.items()}
            response.close()
            return Answer(status=response.status, headers=answer_headers, body=beginning)

    def _socket(self, host: str, info: Any) -> socket.socket:
        """The last gate: no socket for an address that is not allowed, whoever has looked it up."""
        family, kind, protocol, _, address = info
        self._guard.check_address(host, str(address[0]))
        return socket.socket(family, kind, protocol)


class _Resolved(AbstractResolver):
    """Gives the addresses that were looked up and checked before, so that no second look-up says something else."""

    def __init__(self, found: list[AddressInfo]) -> None:
        self._found = found

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return as_resolved(host, port, self._found)

    async def close(self) -> None:
        return None


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate is not valid: {error.certificate_error}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed without an answer"
    if isinstance(error, socket.gaierror):
        return "the host name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or error.os_error}"
    return str(error) or type(error).__name__
