"""Files that go with messages: each number uploads each of them once, and its messages name the provider's id."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from paceline.channels.whatsapp.answers import ApiError, read_answer
from paceline.channels.whatsapp.client import CloudApiClient
from paceline.channels.whatsapp.endings import HttpAnswer
from paceline.domain.errors import PacelineError

_REMEMBERED_SECONDS = 60.0


class Content(NamedTuple):
    """A file as it is uploaded."""

    name: str
    media_type: str
    data: bytes


class MediaShelf(Protocol):
    """Where files are kept, and which ids they have at the provider. Every method may block."""

    def known(self, account_id: int, file_id: str) -> str | None:
        """The provider's id of a file; None when it has to be uploaded."""

    def content(self, file_id: str) -> Content | None:
        """The file; None when it was deleted."""

    def keep(self, account_id: int, file_id: str, media_id: str) -> None:
        """It was uploaded."""

    def forget(self, account_id: int) -> None:
        """The provider does not find what this number has uploaded."""


class MediaRefused(PacelineError):
    """The provider has refused a file."""

    def __init__(self, error: ApiError) -> None:
        self.error = error
        super().__init__(error.message)


class MediaMissing(PacelineError):
    """A file cannot be had, or not be uploaded now, with the reason. ``is_gone``: it never will."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        self.is_gone = is_gone
        super().__init__(reason)


class NumbersMedia:
    """The files of one phone number in this process. An id is looked up again after a minute."""

    def __init__(self, client: CloudApiClient, account_id: int, phone_number_id: str, shelf: MediaShelf) -> None:
        self._client = client
        self._account_id = account_id
        self._path = f"/{phone_number_id}/media"
        self._shelf = shelf
        self._ids: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def ids(self, files: Iterable[str]) -> dict[str, str]:
        """File -> the provider's id, uploaded where that is needed. Raises MediaRefused, MediaMissing."""
        return {file: await self._id(file) for file in files}

    async def forget(self) -> None:
        """Upload everything anew when it is needed next."""
        self._ids.clear()
        await asyncio.to_thread(self._shelf.forget, self._account_id)

    async def _id(self, file: str) -> str:
        async with self._locks.setdefault(file, asyncio.Lock()):  # the first message uploads, the others wait for it
            now = asyncio.get_running_loop().time()
            media_id, until = self._ids.get(file, ("", 0.0))
            if until <= now:
                known = await asyncio.to_thread(self._shelf.known, self._account_id, file)
                media_id = known or await self._upload(file)
                self._ids[file] = media_id, now + _REMEMBERED_SECONDS
            return media_id

    async def _upload(self, file: str) -> str:
        content = await asyncio.to_thread(self._shelf.content, file)
        if content is None:
            raise MediaMissing("a file that goes with it was deleted", is_gone=True)
        kind, body = form(content)
        exchange = self._client.begin(self._path, body, content_type=kind)
        failure = await exchange.ready()
        if failure is not None:
            raise MediaMissing(f"the upload of {content.name}: {failure.reason}")
        answer = await exchange.send()
        if not isinstance(answer, HttpAnswer):
            raise MediaMissing(f"the upload of {content.name}: {answer.reason}")
        media_id = _media_id(answer)
        await asyncio.to_thread(self._shelf.keep, self._account_id, file, media_id)
        return media_id


def form(content: Content) -> tuple[str, bytes]:
    """A file as multipart/form-data (RFC 7578): the Content-Type and the body."""
    boundary = secrets.token_hex(16)
    name = content.name.replace("\\", "_").replace('"', "_")
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (("messaging_product", "whatsapp"), ("type", content.media_type))
    )
    head = (
        f'{fields}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {content.media_type}\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + content.data + f"\r\n--{boundary}--\r\n".encode(),
    )


def _media_id(answer: HttpAnswer) -> str:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if answer.status == 200 and isinstance(document, dict):
        media_id = document.get("id")
        if isinstance(media_id, str) and media_id.isascii() and media_id.isprintable() and '"' not in media_id:
            return media_id
    said = read_answer(answer.status, answer.headers, answer.body)
    if isinstance(said, ApiError):
        raise MediaRefused(said)
    raise MediaMissing(f"the answer to an upload does not name it (HTTP {answer.status})")
