"""Hosted files over HTTP: uploads of people, and what mail programs fetch."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import File, Request, UploadFile
from fastapi.responses import Response

from paceline.api.asked import Asked, Open
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, number_after, page
from paceline.api.problems import ApiProblem
from paceline.api.routing import Access, Routes
from paceline.api.schemas.files import FileAnswer
from paceline.domain.hosted_file import LARGEST_FILE
from paceline.domain.permission import Permission
from paceline.operations.campaigns import files
from paceline.operations.campaigns.files import FILE_PATH, HostedFile
from paceline.store.public_ids import IdKind

routes = Routes(tag="files")
public = Routes(tag="files", prefix="")

_ROOM_FOR_THE_FORM = 64 << 10
_PATH = FILE_PATH + "{file_id}/{name}"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {"application/octet-stream": {}}},
    304: {"description": "It has not changed: it never does"},
}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",  # web mail shows images of other hosts
    "X-Robots-Tag": "noindex",
}


@routes.get("/files", permission=Permission.CAMPAIGNS_READ)
def list_files(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[FileAnswer]:
    """Images and attachments, the newest first."""
    rows = files.page(asked.context, number_after(cursor), limit + 1)
    return page(rows, limit, position=lambda row: asked.context.ids.decode(IdKind.FILE, row.id) or 0, model=_answer)


@routes.post(
    "/files",
    permission=Permission.CAMPAIGNS_WRITE,
    status=HTTPStatus.CREATED,
    body_limit_bytes=LARGEST_FILE + _ROOM_FOR_THE_FORM,
)
def upload_file(
    asked: Asked, file: Annotated[UploadFile, File(description="An image, or a file to attach; 10 MB at most.")]
) -> FileAnswer:
    """Upload an image or a file to attach; its kind is told by its content. The same again is the same file."""
    kept = files.upload(asked.context, file.filename or "", file.file.read(LARGEST_FILE + 1))
    asked.audit("file.upload", kept.id, name=kept.name, size=kept.size)
    return _answer(kept)


@routes.get("/files/{file_id}", permission=Permission.CAMPAIGNS_READ)
def show_file(asked: Asked, file_id: str) -> FileAnswer:
    """What is known of one file."""
    return _answer(files.get(asked.context, file_id))


@routes.delete("/files/{file_id}", permission=Permission.CAMPAIGNS_WRITE)
def delete_file(asked: Asked, file_id: str) -> None:
    """Delete a file, unless a campaign that has not ended attaches it; where messages show it, it is missing."""
    files.delete(asked.context, file_id)
    asked.audit("file.delete", file_id)


@public.get(_PATH, permission=Access.TOKEN, response_class=Response, responses=_ANSWERS)
def fetch_file(file_id: str, name: str, request: Request, context: Open) -> Response:
    """A file as messages show it: whoever has its address gets it."""
    found = files.shown(context, file_id)
    if found is None or found[0].name != name:
        raise ApiProblem(HTTPStatus.NOT_FOUND, "not-found", "there is no such file")
    row, data = found
    tag = f'"{row.digest[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**_HEADERS, "ETag": tag})
    way = "inline" if row.media_type.startswith("image/") else "attachment"
    named = f"{way}; filename*=utf-8''{quote(row.name, safe='')}"
    return Response(data, media_type=row.media_type, headers={**_HEADERS, "ETag": tag, "Content-Disposition": named})


@public.head(_PATH, permission=Access.TOKEN, response_class=Response, responses=_ANSWERS)
def look_at_file(file_id: str, name: str, request: Request, context: Open) -> Response:
    """The same without the content."""
    return fetch_file(file_id, name, request, context)


def _answer(file: HostedFile) -> FileAnswer:
    return FileAnswer(
        id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        url=file.url,
        path=file.path,
        created_at=file.created_at,
    )
