"""The commands about hosted files: files add, list, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean, number
from paceline.clock import iso
from paceline.domain.errors import InputError, Problem
from paceline.domain.hosted_file import LARGEST_FILE
from paceline.operations.campaign_file.text_file import UnusableFile, read_bytes
from paceline.operations.campaigns import files as operations
from paceline.operations.campaigns.files import HostedFile
from paceline.operations.context import Context
from paceline.store.public_ids import IdKind

app = typer.Typer(help="Images that messages show, and files to attach.", no_args_is_help=True)

_PAGE = 200
_COLUMNS = (
    Column(title="id"),
    Column(title="name", style="bold"),
    Column(title="bytes", right=True),
    Column(title="address"),
)


@app.command()
def add(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file.", show_default=False)],
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Keep a file and print the address under which the server shows it."""
    try:
        data = read_bytes(path, LARGEST_FILE)
    except UnusableFile as error:
        raise InputError([Problem(file=str(path), message=error.reason)]) from None
    with opened(database) as context:
        kept = operations.upload(context, path.name, data)
    if as_json:
        print_json(_object(kept))
    else:
        print_lines([kept.url])


@app.command("list")
def list_files(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every file, the newest first."""
    with opened(database) as context:
        found = _every(context)
    if as_json:
        print_json_lines(map(_object, found))
    elif found:
        print_table(_COLUMNS, [(file.id, clean(file.name), number(file.size), file.url) for file in found])
    else:
        print_lines(["no file yet: `paceline files add PATH`"])


@app.command()
def delete(
    file: Annotated[str, typer.Argument(metavar="ID", help="As `files list` shows it.", show_default=False)],
    database: DatabaseOption = None,
) -> None:
    """Delete a file; where messages show it, it is missing from now on."""
    with opened(database) as context:
        operations.delete(context, file)
    print_lines([clean(f"{file} is deleted")])


def _every(context: Context) -> list[HostedFile]:
    found: list[HostedFile] = []
    while part := operations.page(context, context.ids.decode(IdKind.FILE, found[-1].id) if found else None, _PAGE):
        found += part
    return found


def _object(file: HostedFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "url": file.url,
        "created_at": iso(file.created_at),
    }
