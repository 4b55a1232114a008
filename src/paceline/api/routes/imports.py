"""Imports over HTTP: uploads and files of one folder of the server; the background process does the work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import pydantic
from fastapi import File, Form, UploadFile
from fastapi.responses import FileResponse
from pydantic import TypeAdapter

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.imports import ImportAnswer, ImportCounts, ImportFromPath, Mapping, PreviewAnswer
from paceline.domain.contact_import import ImportMode
from paceline.domain.errors import InputError, Problem
from paceline.domain.permission import Permission
from paceline.operations.audience import importing
from paceline.operations.audience.importing import Import, ImportRequest
from paceline.operations.context import NotFound

routes = Routes(tag="imports")

UPLOAD_LIMIT_BYTES = 256 << 20

_Upload = Annotated[UploadFile, File(description="A CSV or XLSX file.")]
_MAPPING = TypeAdapter(Mapping)


@routes.post("/imports/preview", permission=Permission.CONTACTS_WRITE, body_limit_bytes=UPLOAD_LIMIT_BYTES)
def preview_import(asked: Asked, file: _Upload) -> PreviewAnswer:
    """Look at the first rows of a file; nothing of it is kept."""
    stored = _store(asked, file)
    try:
        head = importing.preview(stored)
    except InputError as error:
        raise _in_their_words(error) from None
    finally:
        stored.unlink(missing_ok=True)
    return PreviewAnswer(
        kind=head.kind,
        encoding=head.encoding,
        delimiter=head.delimiter,
        columns=list(head.columns),
        rows=[list(row) for row in head.rows],
        guess=head.guess,
    )


@routes.post(
    "/imports", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.CREATED, body_limit_bytes=UPLOAD_LIMIT_BYTES
)
def create_import(
    asked: Asked,
    file: _Upload,
    list_name: Annotated[str | None, Form(min_length=1, max_length=200)] = None,
    list_id: Annotated[str | None, Form(max_length=100)] = None,
    mapping: Annotated[str, Form(max_length=100_000, description="Column -> field, as a JSON object.")] = "{}",
    mode: Annotated[ImportMode, Form()] = ImportMode.UPDATE,
    consent: Annotated[str | None, Form(max_length=2_000)] = None,
) -> ImportAnswer:
    """Import a file into a list, which is created when there is none of its name."""
    wanted = _mapping(mapping)
    stored = _store(asked, file)
    try:
        return _start(
            asked,
            ImportRequest(
                file=stored,
                file_name=_file_name(file.filename),
                list_name=list_name,
                list_id=list_id,
                mapping=wanted,
                mode=mode,
                consent=consent,
                keep_file=False,
                created_by=asked.principal.user_id,
            ),
        )
    except BaseException:
        stored.unlink(missing_ok=True)
        raise


@routes.post("/imports/from-path", permission=Permission.CONTACTS_WRITE, status=HTTPStatus.CREATED)
def create_import_from_path(asked: Asked, wanted: ImportFromPath) -> ImportAnswer:
    """Import a file that lies on the server, in the folder that PACELINE_IMPORT_DIR names."""
    path = importing.path_in_import_folder(asked.context, wanted.path)
    return _start(
        asked,
        ImportRequest(
            file=path,
            file_name=_file_name(wanted.path),
            list_name=wanted.list_name,
            list_id=wanted.list_id,
            mapping=wanted.mapping,
            mode=wanted.mode,
            consent=wanted.consent,
            created_by=asked.principal.user_id,
        ),
    )


@routes.get("/imports", permission=Permission.CONTACTS_READ)
def list_imports(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[ImportAnswer]:
    """Imports, the newest first."""
    rows = importing.list_imports(asked.context, limit=limit + 1, before=text_after(cursor))
    return page(rows, limit, position=lambda row: row.id, model=_answer)


@routes.get("/imports/{import_id}", permission=Permission.CONTACTS_READ)
def get_import(asked: Asked, import_id: str) -> ImportAnswer:
    """One import and how far it is."""
    return _answer(importing.get_import(asked.context, import_id))


@routes.post("/imports/{import_id}/cancel", permission=Permission.CONTACTS_WRITE)
def cancel_import(asked: Asked, import_id: str) -> ImportAnswer:
    """End an import; what it brought before stays."""
    cancelled = importing.cancel_import(asked.context, import_id)
    asked.audit("import.cancel", import_id)
    return _answer(cancelled)


@routes.get("/imports/{import_id}/refused", permission=Permission.CONTACTS_READ, response_class=FileResponse)
def get_refused_rows(asked: Asked, import_id: str) -> FileResponse:
    """The rows that were refused, with line and reason, as CSV."""
    path = importing.get_import(asked.context, import_id).refused_file
    if path is None:
        raise NotFound("this import has no file of refused rows (yet)")
    return FileResponse(path, media_type="text/csv", filename="refused.csv")


def _start(asked: Asked, request: ImportRequest) -> ImportAnswer:
    try:
        started = importing.get_import(asked.context, importing.start_import(asked.context, request))
    except InputError as error:
        raise _in_their_words(error, request.file_name) from None
    asked.audit(
        "import.create", started.id, file=request.file_name, list=started.list_id or "", consent=request.consent
    )
    return _answer(started)


@contextmanager
def uploaded(asked: Asked, file: UploadFile) -> Iterator[Path]:
    """An upload as a file, for as long as the block lasts; what is wrong with it is said without the server's path."""
    stored = _store(asked, file)
    try:
        yield stored
    except InputError as error:
        raise _in_their_words(error) from None
    finally:
        stored.unlink(missing_ok=True)


def _store(asked: Asked, file: UploadFile) -> Path:
    def write(path: Path) -> None:
        with path.open("xb") as kept:
            shutil.copyfileobj(file.file, kept, 1 << 20)

    return importing.store_upload(asked.context, write)


def _in_their_words(error: InputError, name: str = "file") -> InputError:
    """The problems without the path under which the server keeps the file."""
    return InputError(
        [
            Problem(file=name, line=problem.line, field=problem.field or "file", message=_with_line(problem))
            for problem in error.problems
        ]
    )


def _with_line(problem: Problem) -> str:
    return problem.message if problem.line is None else f"line {problem.line}: {problem.message}"


def _mapping(words: str) -> dict[str, str]:
    try:
        return dict(_MAPPING.validate_json(words))
    except pydantic.ValidationError:
        message = "accepts a JSON object of texts, column -> field; a field's name has 1 to 100 characters"
        raise InputError([Problem(file="request", field="mapping", message=message)]) from None


def _file_name(name: str | None) -> str:
    bare = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in bare if character.isprintable())[:200] or "upload"


def _answer(found: Import) -> ImportAnswer:
    return ImportAnswer(
        id=found.id,
        list_id=found.list_id,
        file_name=found.file_name,
        mode=found.mode,
        status=found.status,
        reason=found.reason,
        counts=ImportCounts(**found.counts),
        has_refused_file=found.refused_file is not None,
        created_at=found.created_at,
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
