"""Imports: look at a file, import it now or leave it to the background process, follow it, cancel it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from paceline.audience.contact_parts import open_contacts
from paceline.audience.head import Head, read_head
from paceline.chores.import_runner import ImportRunner
from paceline.domain.contact import entry_move
from paceline.domain.contact_import import ImportMode, ImportStatus
from paceline.domain.errors import InputError, Problem
from paceline.operations.audience import privacy
from paceline.operations.audience.lists import list_name_problem
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.store.catalogue import imports, lists
from paceline.store.catalogue.imports import ImportRow
from paceline.store.catalogue.lists import ListRow
from paceline.store.public_ids import IdKind

PREVIEWED_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What is to be imported, and how."""

    file: Path
    file_name: str
    """As the person called it."""
    list_name: str | None = None
    """Created when there is none of this name. None with ``list_id`` None: into the workspace, on no list."""
    list_id: str | None = None
    """The public id of a list, instead of its name."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column -> field, "email" or "phone"; "" leaves the column out; those not named keep their names."""
    mode: ImportMode = ImportMode.UPDATE
    consent: str | None = None
    """Why these people may be written to; goes on the list's record."""
    keep_file: bool = True
    """Whether the file is the person's own; an upload is removed at the end."""
    created_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import as people see it."""

    id: str
    list_id: str | None
    file_name: str
    mode: ImportMode
    status: ImportStatus
    reason: str | None
    counts: dict[str, int]
    """rows, imported, updated, duplicates, refused; rows is the sum of the others."""
    refused_file: Path | None
    """None while there is none."""
    created_at: float
    started_at: float | None
    finished_at: float | None


def preview(path: Path, *, rows: int = PREVIEWED_ROWS) -> Head:
    """The first rows of a file, and what its columns seem to be. Raises InputError when it is no table."""
    return read_head(path, rows)


def start_import(context: Context, request: ImportRequest) -> str:
    """Check the file and have it wait for ``run_import`` or the background process. Returns the import's public id.

    The same file for the same list, in the same way, that is not finished yet is the same import: it goes on where it
    was. Raises InputError with nothing changed, NotFound for an unknown list.
    """
    with open_contacts(request.file, request.mapping) as audience:
        digest = audience.digest
    problem = None if request.list_name is None else list_name_problem(request.list_name)
    if problem:
        raise InputError([Problem(file=request.file_name, field="list", message=problem)])
    now = context.clock.now()
    with context.catalogue.write() as connection:
        found = _list_of(context, request, connection, now)
        options = {
            "mapping": dict(request.mapping),
            "mode": str(request.mode),
            "keep_file": request.keep_file,
            "move": str(entry_move(double_opt_in=found is not None and found.double_opt_in)),
        }
        list_id = None if found is None else found.id
        file = str(request.file.absolute())
        for row in imports.unfinished(connection, workspace_id=context.workspace_id):
            if (row.list_id, row.file, row.digest, row.options) == (list_id, file, digest, options):
                return context.ids.encode(IdKind.IMPORT, row.id)
        number = imports.create(
            connection,
            workspace_id=context.workspace_id,
            list_id=list_id,
            file=file,
            file_name=request.file_name,
            digest=digest,
            options=options,
            created_by=request.created_by,
            now=now,
        )
    return context.ids.encode(IdKind.IMPORT, number)


def run_import(
    context: Context,
    import_id: str,
    *,
    stop: threading.Event,
    on_progress: Callable[[dict[str, int]], None] | None = None,
) -> Import:
    """Work on an import until it has ended or ``stop`` is set; killed and called again it goes on where it was.

    Raises NotFound, NotPossible while another process works on it, StoreUnavailable when stopped in such a time.
    """
    row = _get(context, import_id)
    if row.finished_at is None:
        runner = import_runner(context)
        taken = runner.take(row)
        if taken is None:
            raise NotPossible(f"another process works on the import of {row.file_name} now; cancel it, or wait for it")
        runner.work_on(taken, stop, on_progress=on_progress)
    return get_import(context, import_id)


def import_runner(context: Context) -> ImportRunner:
    """What the background process runs: imports of all workspaces, one after the other."""
    return ImportRunner(
        context.catalogue,
        now=context.clock.now,
        refused_path=lambda row: refused_path(context, row.id),
        forgotten=lambda workspace_id, addresses: privacy.erased_among(context.in_workspace(workspace_id), addresses),
    )


def get_import(context: Context, import_id: str) -> Import:
    """Where an import stands. Raises NotFound."""
    return _import(context, _get(context, import_id))


def list_imports(context: Context, *, limit: int, before: str | None = None) -> list[Import]:
    """Up to ``limit`` imports, the newest first; ``before`` is the last one that was seen. Raises NotFound."""
    number = None if before is None else _number(context, before)
    with context.catalogue.read() as connection:
        rows = imports.listing(connection, workspace_id=context.workspace_id, limit=limit, before=number)
    return [_import(context, row) for row in rows]


def cancel_import(context: Context, import_id: str) -> Import:
    """End an import; what it brought before stays. Raises NotFound, NotPossible when it has ended already."""
    row = _get(context, import_id)
    with context.catalogue.write() as connection:
        cancelled = imports.cancel(connection, row.id, workspace_id=context.workspace_id, now=context.clock.now())
    if not cancelled:
        ended = _get(context, import_id)
        raise NotPossible(f"the import of {ended.file_name} has ended already: it is {ended.status}")
    if row.status is ImportStatus.WAITING and not row.options.get("keep_file"):
        Path(row.file).unlink(missing_ok=True)
    return get_import(context, import_id)


def refused_path(context: Context, number: int) -> Path:
    """Where the refused rows of an import go: beside the database."""
    name = context.ids.encode(IdKind.IMPORT, number)
    return context.settings.reports_path / "imports" / f"{name}.refused.csv"


def store_upload(context: Context, write: Callable[[Path], None]) -> Path:
    """Keep an upload until its import has ended: ``write`` puts it where it is told to, and nobody else may read it."""
    folder = context.settings.data_path / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder.absolute() / uuid.uuid4().hex
    try:
        write(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def path_in_import_folder(context: Context, words: str) -> Path:
    """A file that may be imported by its path. Raises InputError for every other one."""
    folder = context.settings.import_dir
    if not folder:
        message = "files of the server may not be imported; an administrator allows one folder by PACELINE_IMPORT_DIR"
        raise InputError([Problem(file="request", field="path", message=message)])
    try:
        path = (Path(folder) / words).resolve()
        allowed = path.is_relative_to(Path(folder).resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL in it, links that lead in a circle
        allowed = False
    if not allowed:
        message = "it does not lead into the folder that an administrator has allowed"
        raise InputError([Problem(file="request", field="path", message=message)])
    return path


def _list_of(context: Context, request: ImportRequest, connection: Connection, now: float) -> ListRow | None:
    """The list to import into, created where it is missing, with the consent on its record."""
    workspace_id = context.workspace_id
    if request.list_id is not None:
        number = context.ids.decode(IdKind.LIST, request.list_id)
        found = None if number is None else lists.get(connection, number, workspace_id=workspace_id)
        if found is None:
            raise NotFound(f"there is no list {request.list_id}")
    elif request.list_name is not None:
        name = request.list_name.strip()
        lists.create(connection, workspace_id=workspace_id, name=name, now=now)
        found = lists.find(connection, name, workspace_id=workspace_id)
    else:
        return None
    if found is not None and request.consent and request.consent not in (found.consent or ""):
        lists.record_consent(connection, found.id, request.consent, workspace_id=workspace_id)
    return found


def _number(context: Context, import_id: str) -> int:
    number = context.ids.decode(IdKind.IMPORT, import_id)
    if number is None:
        raise NotFound(f"there is no import {import_id}")
    return number


def _get(context: Context, import_id: str) -> ImportRow:
    with context.catalogue.read() as connection:
        row = imports.get(connection, _number(context, import_id), workspace_id=context.workspace_id)
    if row is None:
        raise NotFound(f"there is no import {import_id}")
    return row


def _import(context: Context, row: ImportRow) -> Import:
    path = refused_path(context, row.id)
    return Import(
        id=context.ids.encode(IdKind.IMPORT, row.id),
        list_id=None if row.list_id is None else context.ids.encode(IdKind.LIST, row.list_id),
        file_name=row.file_name,
        mode=ImportMode(row.options["mode"]),
        status=row.status,
        reason=row.reason,
        counts=row.counts,
        refused_file=path if row.finished_at is not None and path.exists() else None,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
