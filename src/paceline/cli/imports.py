"""``paceline import``: a file of contacts into a list, with progress."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_lines
from paceline.cli.words import clean
from paceline.domain.contact_import import ImportMode, ImportStatus
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.operations.audience.importing import Import, ImportRequest, run_import, start_import
from paceline.operations.audience.lists import get_list
from paceline.operations.context import Context

_PROGRESS_SECONDS = 1.0
_STOPPING = b"stopping after the rows that are being written; once more ends at once\n"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_contacts)


def import_contacts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or XLSX file.", show_default=False)],
    list_name: Annotated[
        str, typer.Option("--list", metavar="NAME", help="The list; created when there is none.", show_default=False)
    ],
    mappings: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            show_default=False,
            help="What a column is: email, phone, or a field's name; nothing after the = leaves it out. May be repeated.",
        ),
    ] = None,
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", show_default=False, help="Why these people may be written to; kept with the list."
        ),
    ] = None,
    mode: Annotated[
        ImportMode,
        typer.Option(help="What happens to the fields of contacts that are there already."),
    ] = ImportMode.UPDATE,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> int:
    """Import contacts into a list; interrupted and called again, it goes on where it was."""
    request = ImportRequest(
        file=file,
        file_name=file.name,
        list_name=list_name,
        mapping=_mapping(mappings or []),
        mode=mode,
        consent=consent.strip() or None if consent else None,
    )
    began_at = time.monotonic()
    with opened(database) as context, _stopped_by_signals() as stop:
        done = run_import(context, start_import(context, request), stop=stop, on_progress=_progress())
        if request.consent is None:
            print(clean(_warning(context, done, list_name)), file=sys.stderr)
    _report(done, seconds=time.monotonic() - began_at, as_json=as_json)
    return _exit_code(done)


def _mapping(words: list[str]) -> dict[str, str]:
    mapping = {}
    problems = []
    for one in words:
        column, equals, field = one.rpartition("=")
        if not equals or not column.strip():
            problems.append(Problem(file="import", field="--map", message=f"accepts COLUMN=FIELD, got {one!r}"))
        mapping[" ".join(column.split())] = field.strip()
    if problems:
        raise InputError(problems)
    return mapping


def _warning(context: Context, done: Import, list_name: str) -> str:
    found = get_list(context, done.list_id) if done.list_id else None
    if found is not None and found.consent is not None:
        return f"warning: no --consent given; the list {list_name!r} has on record: {found.consent}"
    return (
        f"warning: the list {list_name!r} has no consent on record. Write only to people who agreed to it, "
        "and say why they may be written to with --consent TEXT"
    )


def _report(done: Import, *, seconds: float, as_json: bool) -> None:
    refused_file = None if done.refused_file is None else str(done.refused_file)
    if as_json:
        print_json({**done.counts, "refused_file": refused_file, "seconds": round(seconds, 3)})
    else:
        print_lines(_lines(done, refused_file, seconds))
    if done.reason:
        print(clean(done.reason), file=sys.stderr)
    if done.status is ImportStatus.WAITING:
        print("stopped; the same command goes on where it was", file=sys.stderr)


def _lines(done: Import, refused_file: str | None, seconds: float) -> Iterator[str]:
    counts = done.counts
    yield f"{done.status}: {counted(counts['rows'], 'row')} in {seconds:.1f} s"
    for name in ("imported", "updated", "duplicates", "refused"):
        yield f"  {name:<10} {counts[name]:>12,}"
    if refused_file:
        yield clean(f"duplicates and refused rows, with line and reason: {refused_file}")


def _exit_code(done: Import) -> ExitCode:
    match done.status:
        case ImportStatus.COMPLETED:
            return ExitCode.DONE
        case ImportStatus.FAILED:
            return ExitCode.FAILED
        case _:
            return ExitCode.NOT_FINISHED


def _progress() -> Callable[[dict[str, int]], None]:
    """Says how far it is, on standard error, once a second."""
    said_at = time.monotonic()

    def show(counts: dict[str, int]) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _PROGRESS_SECONDS:
            said_at = time.monotonic()
            print(f"{counted(counts['rows'], 'row')}, {counts['imported']:,} imported", file=sys.stderr)

    return show


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that the first SIGINT or SIGTERM sets; the second one ends the process as it always does."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def stop_soon(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        _restore(before)
        os.write(2, _STOPPING)  # the ordinary stream may be in the middle of a line

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, stop_soon)
    try:
        yield stop
    finally:
        _restore(before)


def _restore(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
