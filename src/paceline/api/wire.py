"""What a client may send before its request is known: a head of bounded size, within bounded time.

Uvicorn bounds neither, so one client could fill the memory with a header that never ends, and many could keep every
connection by saying nothing. Bodies have their limits in routing.py.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_LIMIT_BYTES = 64 << 10
HEAD_SECONDS = 20.0
_HEADER_BYTES = 100  # what a header costs besides its text: a million empty ones are large, too


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which lets go of clients that say too much or too little."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = 0
        self._unparsed = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A client has come."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of several."""
        self._unparsed += len(data)
        super().data_received(data)
        if self._head > HEAD_LIMIT_BYTES or self._unparsed > HEAD_LIMIT_BYTES:
            self._refuse(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"address and headers together may have at most {HEAD_LIMIT_BYTES >> 10} KB",
            )

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head = self._unparsed = 0
        self._wait_for_head()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        if self._head <= HEAD_LIMIT_BYTES:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header, or one behind a body in chunks."""
        self._count(len(name) + len(value) + _HEADER_BYTES)
        if self._head <= HEAD_LIMIT_BYTES:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._unparsed = 0
        self._head_is_there()
        if self._head <= HEAD_LIMIT_BYTES:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._unparsed = 0
        if self._head <= HEAD_LIMIT_BYTES:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        self._unparsed = 0
        if self._head <= HEAD_LIMIT_BYTES:
            super().on_message_complete()

    def _count(self, size: int) -> None:
        self._head += size
        self._unparsed = 0

    def _wait_for_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _head_is_there(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the head of the request did not come within {HEAD_SECONDS:.0f} s")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Say why, unless an answer is under way, and hang up."""
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            kind = status.phrase.lower().replace(" ", "-")
            problem = {"type": f"urn:paceline:{kind}", "title": status.phrase, "status": status, "detail": detail}
            body = json.dumps({**problem, "errors": []}).encode()
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
