"""Times every HTTP call: into the metrics, and into the log when it was slow. A plain ASGI layer around the API."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from paceline.observability.metrics import api_request_seconds
from paceline.observability.slow import slow_call

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_NO_ROUTE = "(none)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TimedCalls:
    """Wraps an ASGI application. A call ends with its first byte of answer: a live feed is not slow by staying open."""

    def __init__(self, app: _App, *, slow_seconds: float) -> None:
        """``slow_seconds`` 0 logs nothing."""
        self._app = app
        self._slow_seconds = slow_seconds

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Pass the call on, and time it if it is one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answered = False

        async def timed_send(message: _Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start" and not answered:
                answered = True
                self._note(scope, int(message["status"]), time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, timed_send)
        except BaseException:
            if not answered:
                self._note(scope, 500, time.perf_counter() - began)
            raise

    def _note(self, scope: _Message, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        api_request_seconds.labels(method, route, f"{status // 100}xx").observe(seconds)
        if self._slow_seconds and seconds >= self._slow_seconds:
            slow_call(method, route, status, seconds)
