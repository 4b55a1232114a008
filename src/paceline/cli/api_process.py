"""The API's process: the application behind uvicorn, on a listener that the supervisor made.

While the database has not been reached since the start every request is answered 503 at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from paceline.api.app import create_app
from paceline.api.wire import BoundedProtocol
from paceline.bootstrap import open_context
from paceline.domain.errors import StoreUnavailable
from paceline.operations.context import Context
from paceline.settings import Settings
from paceline.store.health_probe import HealthProbe

_log = logging.getLogger("paceline.api")

_AGAIN_SECONDS = 1.0
_LAST_REQUESTS_SECONDS = 5
_TURN_SECONDS = 0.0005
"""How long a thread computes before another one gets its turn; with Python's 5 ms, requests wait for each other's."""


def serve_api(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get a few seconds to end."""
    sys.setswitchinterval(_TURN_SECONDS)
    context = _open(settings, listener, on_ready)
    if context is None:
        return
    databases = {id(database): database for database in (context.queue, context.catalogue)}.values()
    probes = [HealthProbe(database, seconds=settings.pool_check_seconds) for database in databases]
    for probe in probes:
        probe.start()
    try:
        Server(create_app(context), on_ready).run(sockets=[listener.dup()])
    finally:
        for probe in probes:
            probe.stop()
        context.close()


def _open(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> Context | None:
    """The context; as long as the database is away, requests get a 503. None: a signal came before."""
    try:
        return open_context(settings.for_api())
    except StoreUnavailable as failure:
        _log.warning("the database cannot be reached, requests get a 503: %s", failure)
    found: list[Context] = []
    over = threading.Event()
    server = Server(_unavailable, on_ready)

    def wait() -> None:
        while not over.wait(_AGAIN_SECONDS):
            try:
                found.append(open_context(settings.for_api()))
            except StoreUnavailable:
                continue
            except Exception as error:
                _log.error("the database cannot be used: %s", error)
            server.should_exit = True
            return

    waiting = threading.Thread(target=wait, name="paceline-waiting", daemon=True)
    waiting.start()
    try:
        server.run(sockets=[listener.dup()])
    finally:
        over.set()
        waiting.join()
    return found[0] if found else None


class Server(uvicorn.Server):
    """Uvicorn, which says when it is ready."""

    def __init__(self, app: Any, on_ready: Callable[[], None], *, tls: tuple[str, str] | None = None) -> None:
        """``tls``: the files of certificate and key; None: plain HTTP."""
        certificate, key = tls or (None, None)
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="auto",
                ssl_certfile=certificate,
                ssl_keyfile=key,
                timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


async def _unavailable(scope: Any, receive: Any, send: Any) -> None:
    """An application that only knows that the database is away."""
    if scope["type"] != "http":
        return
    alive = scope["path"] == "/health/live"
    problem = {
        "type": "urn:paceline:database-unavailable",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "the database cannot be reached; it is tried again every second",
        "errors": [],
    }
    body = json.dumps({"status": "live"} if alive else problem).encode()
    kind = b"application/json" if alive else b"application/problem+json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 200 if alive else 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    await asyncio.sleep(0)
