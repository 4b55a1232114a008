"""The web interface as files: hashed ones for ever, and one page for every address that a browser opens.

Nothing here knows what the pages do. They may load what this process serves and nothing else; styles that the page makes
itself carry the nonce of its answer, scripts are files.
"""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Collection
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_NONCE: Final = b"PACELINE_NONCE"
_METHODS: Final = frozenset({"GET", "HEAD"})
_FOR_EVER: Final = b"public, max-age=31536000, immutable"
_ASSETS: Final = "/assets/"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_NOT_MADE: Final = (
    "The web interface is not there: it was not made when Paceline was installed. `make web` makes it.\n"
    "Everything it does, the commands and the API do as well.\n"
)

Headers = list[tuple[bytes, bytes]]


def made_files() -> Path:
    """Where the build puts the pages."""
    return Path(str(files("paceline") / "static"))


class UserInterface:
    """Answers browsers that open a page, and passes on everything else."""

    def __init__(self, app: ASGIApp, *, doors: Collection[str], folder: Path | None = None) -> None:
        """``doors``: the first parts of the paths that belong to the framework, "api" for example."""
        self._app = app
        self._doors = frozenset(doors)
        self._folder = folder or made_files()
        self._files = {f"/{path.relative_to(self._folder).as_posix()}": path for path in _all_files(self._folder)}
        index = self._files.pop("/index.html", None)
        self._index = None if index is None else index.read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            path: str = scope["path"]
            if path in self._files:
                await self._answer_file(scope, send, path)
                return
            if path.split("/")[1] not in self._doors and not path.startswith(_ASSETS) and _is_browser(scope):
                await self._answer_page(scope, send)
                return
        await self._app(scope, receive, send)

    async def _answer_file(self, scope: Scope, send: Send, path: str) -> None:
        """A file of the build; its name changes when its content does, except for those beside the page."""
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        headers = [(b"content-type", kind.encode())]
        if path.startswith(_ASSETS):
            headers.append((b"cache-control", _FOR_EVER))
        await _answer(scope, send, HTTPStatus.OK, headers, self._files[path].read_bytes())

    async def _answer_page(self, scope: Scope, send: Send) -> None:
        if self._index is None:
            why = self._folder / "missing.txt"
            text = why.read_text(encoding="utf-8") if why.is_file() else _NOT_MADE
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await _answer(scope, send, HTTPStatus.SERVICE_UNAVAILABLE, headers, text.encode())
            return
        nonce = secrets.token_urlsafe(16)
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            (b"content-security-policy", _POLICY.format(nonce=nonce).encode()),
        ]
        await _answer(scope, send, HTTPStatus.OK, headers, self._index.replace(_NONCE, nonce.encode()))


def _all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []


def _is_browser(scope: Scope) -> bool:
    """Whether a person's browser opens an address; programs get the problem document of an unknown path."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


async def _answer(scope: Scope, send: Send, status: HTTPStatus, headers: Headers, body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
