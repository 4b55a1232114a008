"""Hosted files: images for messages, served by Paceline, and files to attach. Uploaded, listed, deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from paceline.content.attachments import LARGEST_TOTAL, MOST_ATTACHMENTS
from paceline.domain.errors import InputError, Problem
from paceline.domain.hosted_file import LARGEST_FILE, kind_of, safe_name
from paceline.operations.context import Context, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.store.public_ids import IdKind
from paceline.store.queue import files
from paceline.store.queue.files import FileRow

FILE_PATH = "/f/"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedFile:
    """One file. ``path`` is where the server shows it, ``url`` with the server's own address in front."""

    id: str
    name: str
    media_type: str
    size: int
    path: str
    url: str
    created_at: float


def upload(context: Context, name: str, data: bytes) -> HostedFile:
    """Keep a file; the same content under the same name again is the same file.

    Raises InputError for what is no kind of file that is hosted, is too large, or has no room.
    """
    if len(data) > LARGEST_FILE:
        raise _refused(f"it has more than {LARGEST_FILE >> 20} MB")
    try:
        kind = kind_of(data, name)
    except ValueError as error:
        raise _refused(str(error)) from None
    safe, digest = safe_name(name, kind), hashlib.sha256(data).hexdigest()
    now, room = context.clock.now(), int(context.settings.files_megabytes * (1 << 20))
    with context.queue.read() as connection:
        known = files.same(connection, workspace_id=context.workspace_id, name=safe, digest=digest)
        abandoned = files.abandoned(connection, workspace_id=context.workspace_id, now=now)
        used = files.total_size(connection, workspace_id=context.workspace_id)
    for number in abandoned:
        files.delete(context.queue, number)
    if known is not None:
        return _file(context, known)
    if used + len(data) > room:
        raise _refused(f"the workspace's files would have more than {room >> 20} MB; delete some")
    number = files.store(
        context.queue,
        data,
        workspace_id=context.workspace_id,
        name=safe,
        media_type=kind.media_type,
        digest=digest,
        now=now,
    )
    return get(context, context.ids.encode(IdKind.FILE, number))


def get(context: Context, file_id: str) -> HostedFile:
    """One file. Raises NotFound."""
    return _file(context, _row(context, file_id))


def page(context: Context, before: int | None, limit: int) -> list[HostedFile]:
    """Some files, the newest first, older than that of the number ``before``."""
    with context.queue.read() as connection:
        rows = files.page(connection, workspace_id=context.workspace_id, before=before, limit=limit)
    return [_file(context, row) for row in rows]


def delete(context: Context, file_id: str) -> None:
    """Take a file away: where messages show it, it is missing from now on.

    Raises NotPossible while a draft or a campaign under way attaches it.
    """
    row = _row(context, file_id)
    with context.queue.read() as connection:
        needed = files.is_needed(connection, file_id, workspace_id=context.workspace_id)
    if needed:
        raise NotPossible(f"{row.name} is attached to a campaign that has not ended")
    files.delete(context.queue, row.id)


def shown(context: Context, file_id: str) -> tuple[FileRow, bytes] | None:
    """A file for whoever has its address; None where there is none."""
    number = context.ids.decode(IdKind.FILE, file_id)
    if number is None:
        return None
    with context.queue.read() as connection:
        row = files.anywhere(connection, number)
        return None if row is None else (row, files.content(connection, number))


def attachment_problems(
    context: Context, file_ids: Sequence[str], *, field: str = "content.attachments"
) -> list[Problem]:
    """What is wrong with the attachments of a content."""
    problems, total = [], 0
    with context.queue.read() as connection:
        for file_id in file_ids:
            number = context.ids.decode(IdKind.FILE, file_id)
            row = None if number is None else files.get(connection, number, workspace_id=context.workspace_id)
            if row is None:
                problems.append(Problem(file="", field=field, message=f"there is no file {file_id[:60]}"))
            else:
                total += row.size
    if len(file_ids) > MOST_ATTACHMENTS:
        problems.append(Problem(file="", field=field, message=f"accepts at most {MOST_ATTACHMENTS} files"))
    if total > LARGEST_TOTAL:
        message = (
            f"the files have {total / (1 << 20):.1f} MB; at most {LARGEST_TOTAL >> 20} MB are attached to a message"
        )
        problems.append(Problem(file="", field=field, message=message))
    return problems


def _row(context: Context, file_id: str) -> FileRow:
    number = number_of(context, IdKind.FILE, file_id)
    with context.queue.read() as connection:
        row = files.get(connection, number, workspace_id=context.workspace_id)
    if row is None:
        raise unknown(IdKind.FILE, file_id)
    return row


def _file(context: Context, row: FileRow) -> HostedFile:
    public = context.ids.encode(IdKind.FILE, row.id)
    path = f"{FILE_PATH}{public}/{quote(row.name, safe='')}"
    return HostedFile(
        id=public,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        path=path,
        url=f"{context.settings.public_url}{path}",
        created_at=row.created_at,
    )


def _refused(message: str) -> InputError:
    return InputError([Problem(file="", field="file", message=message)])
