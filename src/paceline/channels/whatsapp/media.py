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
from paceline.channels.whatsapp.error_codes import Verdict, in_words, row_of
from paceline.domain.errors import PacelineError

_REMEMBERED_SECONDS = 60.0
_FAILED_SECONDS = 10.0


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
    """A file is not there any more."""


class UploadFailed(PacelineError):
    """A file cannot be uploaded now, with the reason: neither its fault nor a recipient's."""


class NumbersMedia:
    """The files of one phone number in this process. An id is looked up again after a minute, a failure tried after 10 s."""

    def __init__(self, client: CloudApiClient, account_id: int, phone_number_id: str, shelf: MediaShelf) -> None:
        self._client = client
        self._account_id = account_id
        self._path = f"/{phone_number_id}/media"
        self._shelf = shelf
        self._ids: dict[str, tuple[str, float]] = {}
        self._failures: dict[str, tuple[PacelineError, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def ids(self, files: Iterable[str]) -> dict[str, str]:
        """File -> the provider's id, uploaded where that is needed. Raises MediaRefused, MediaMissing, UploadFailed."""
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
                media_id = known or await self._upload_unless_it_has_just_failed(file, now)
                self._ids[file] = media_id, now + _REMEMBERED_SECONDS
            return media_id

    async def _upload_unless_it_has_just_failed(self, file: str, now: float) -> str:
        failure, until = self._failures.get(file, (None, 0.0))
        if failure is not None and until > now:
            raise failure.with_traceback(None)
        try:
            return await self._upload(file)
        except (MediaRefused, UploadFailed) as failure:
            self._failures[file] = failure, asyncio.get_running_loop().time() + _FAILED_SECONDS
            raise

    async def _upload(self, file: str) -> str:
        content = await asyncio.to_thread(self._shelf.content, file)
        if content is None:
            raise MediaMissing("a file that goes with it was deleted")
        kind, body = form(content)
        exchange = self._client.begin(self._path, body, content_type=kind)
        failure = await exchange.ready()
        if failure is not None:
            raise UploadFailed(f"the upload of {content.name}: {failure.reason}")
        answer = await exchange.send()
        if not isinstance(answer, HttpAnswer):
            raise UploadFailed(f"the upload of {content.name}: {answer.reason}")
        media_id = _media_id(answer, content.name)
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


def _media_id(answer: HttpAnswer, name: str) -> str:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if answer.status == 200 and isinstance(document, dict):
        media_id = document.get("id")
        if isinstance(media_id, str) and media_id.isascii() and media_id.isprintable() and '"' not in media_id:
            return media_id
    said = read_answer(answer.status, answer.headers, answer.body)
    if not isinstance(said, ApiError):
        raise UploadFailed(f"the upload of {name}: HTTP {answer.status}, and the answer does not name it")
    row = row_of(said)
    if row.verdict is Verdict.RETRY:
        raise UploadFailed(f"the upload of {name}: {in_words(said, row)}")
    raise MediaRefused(said)
