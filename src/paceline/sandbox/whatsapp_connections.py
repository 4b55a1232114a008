"""The connections of the simulated WhatsApp API: they are numbered, and may be cut as a network cuts them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from paceline.sandbox.whatsapp_inbox import WhatsAppInbox

_LARGEST_REQUEST = 110 * 1024 * 1024


class CountingServer(web.Server):
    """Numbers its connections."""

    def __init__(self, handler: Callable[[web.BaseRequest], Any], inbox: WhatsAppInbox) -> None:
        super().__init__(
            handler,
            request_factory=_make_request,
            handler_cancellation=True,  # whoever hangs up gets no answer
            access_log=None,
            keepalive_timeout=75.0,
        )
        self._inbox = inbox
        self._numbers: dict[object, int] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Give it its number."""
        super().connection_made(handler, transport)
        self._numbers[handler] = self._inbox.connected()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Forget its number."""
        super().connection_lost(handler, exc)
        self._numbers.pop(handler, None)
        self._inbox.open_connections -= 1

    def number_of(self, request: web.BaseRequest) -> int:
        """The number of the connection over which a request came; 0 when it is gone."""
        return self._numbers.get(request.protocol, 0)


def _make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_LARGEST_REQUEST)


def reset(request: web.BaseRequest) -> None:
    """Cut the connection so that the client's system is told so at once."""
    if request.transport is not None:
        linger = struct.pack("ii", 1, 0)
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        request.transport.abort()
