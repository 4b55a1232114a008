"""The short way to pixels and tracked links, before the framework: they are asked for a hundred times as often as all else.

It answers what needs no look at the database, exactly as the routes in routes/tracking.py do; everything else, wrong
tokens included, goes on to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from paceline.api.headers import SAFE_HEADERS
from paceline.api.tracking import Tracking, header_values
from paceline.content.links import CLICK_PATH, OPEN_PATH
from paceline.domain.client_address import Network, client_address
from paceline.domain.fact import FactKind
from paceline.domain.tokens import TOKEN_LENGTH, Purpose
from paceline.tracking import opens
from paceline.tracking.automatic import Request

_METHODS = frozenset({"GET", "HEAD"})
_OPEN_LENGTH, _CLICK_LENGTH = len(OPEN_PATH) + TOKEN_LENGTH, len(CLICK_PATH) + TOKEN_LENGTH
_Headers = list[tuple[bytes, bytes]]
_PIXEL_HEADERS: _Headers = [
    (b"content-type", b"image/gif"),
    (b"content-length", str(len(opens.PIXEL)).encode()),
    *SAFE_HEADERS,
]


@dataclass(frozen=True, slots=True)
class _Route:
    """How the metrics name it."""

    path: str


_OPEN, _CLICK = _Route(OPEN_PATH + "{token}"), _Route(CLICK_PATH + "{token}")


class TrackingDoor:
    """Answers pixels and links that are known; passes on the rest."""

    def __init__(self, app: ASGIApp, *, tracking: Tracking, proxies: tuple[Network, ...]) -> None:
        self._app = app
        self._tracking = tracking
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http" and scope["path"].startswith("/t/") and scope["method"] in _METHODS:
            path: str = scope["path"]
            if path.startswith(OPEN_PATH) and len(path) == _OPEN_LENGTH and self._open(scope, path):
                scope["route"] = _OPEN
                body = opens.PIXEL if scope["method"] == "GET" else b""
                await _answer(send, HTTPStatus.OK, _PIXEL_HEADERS, body)
                return
            if path.startswith(CLICK_PATH) and len(path) == _CLICK_LENGTH:
                target = self._click(scope, path)
                if target is not None:
                    scope["route"] = _CLICK
                    location = (b"location", target.encode("ascii"))
                    await _answer(send, HTTPStatus.FOUND, [location, (b"content-length", b"0"), *SAFE_HEADERS])
                    return
        await self._app(scope, receive, send)

    def _open(self, scope: Scope, path: str) -> bool:
        tracking = self._tracking
        request = self._request(scope, FactKind.OPENED)
        return opens.opened(tracking.tokens, tracking.recorder, path[len(OPEN_PATH) :], request)

    def _click(self, scope: Scope, path: str) -> str | None:
        tracking = self._tracking
        token = tracking.tokens.read(path[len(CLICK_PATH) :], Purpose.CLICK)
        target = None if token is None else tracking.targets.at_once(token)
        if token is not None and target is not None:
            tracking.recorder.saw(token, self._request(scope, FactKind.CLICKED))
        return target

    def _request(self, scope: Scope, kind: FactKind) -> Request:
        client = scope["client"]
        address = client[0] if client else ""
        if self._proxies:
            forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            address = client_address(address, forwarded, self._proxies)
        return Request(kind=kind, method=scope["method"], address=address, headers=header_values(scope["headers"]))


async def _answer(send: Send, status: HTTPStatus, headers: _Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
