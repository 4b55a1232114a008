"""The commands about API keys, for scripts: keys create, list, revoke."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean
from paceline.clock import iso
from paceline.domain.permission import Permission
from paceline.operations.context import Context
from paceline.operations.people import api_keys
from paceline.operations.people.api_keys import ApiKey
from paceline.operations.people.granting import OPERATOR

app = typer.Typer(help="API keys of the first workspace.", no_args_is_help=True)

_DAY_SECONDS = 86_400.0
_PAGE = 200
_COLUMNS = (
    Column(title="id"),
    Column(title="name", style="bold"),
    Column(title="begins with"),
    Column(title="last used"),
    Column(title="until"),
    Column(title="may", most=200),
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.", show_default=False)],
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="PERMISSION", help="What it may do; repeat it; everything without it."),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option("--days", metavar="N", help="It ends after so many days; never without it.", min=0.01),
    ] = None,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Make a key and print it: it is shown this once."""
    with opened(database) as context:
        until = None if days is None else context.clock.now() + days * _DAY_SECONDS
        wanted = scopes or sorted(Permission)
        made = api_keys.create_key(context, name=name, scopes=wanted, by=OPERATOR, expires_at=until)
    if as_json:
        print_json({**_object(made.key), "key": made.secret})
    else:
        print_lines([made.secret])


@app.command("list")
def list_keys(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every key that is not revoked, the newest first."""
    with opened(database) as context:
        found = _every(context)
    if as_json:
        print_json_lines(map(_object, found))
    elif found:
        print_table(_COLUMNS, [_row(key) for key in found])
    else:
        print_lines(["no key yet: `paceline keys create`"])


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` shows it.", show_default=False)],
    database: DatabaseOption = None,
) -> None:
    """End a key for ever, everywhere within a second."""
    with opened(database) as context:
        api_keys.revoke_key(context, key)
    print_lines([clean(f"{key} is revoked")])


def _every(context: Context) -> list[ApiKey]:
    found: list[ApiKey] = []
    while part := api_keys.list_keys(context, after=found[-1].id if found else None, limit=_PAGE):
        found += part
    return found


def _row(key: ApiKey) -> tuple[str, ...]:
    may = "everything" if set(key.scopes) == set(Permission) else ", ".join(key.scopes)
    used, until = iso(key.used_at) or "never", iso(key.expires_at) or "revoked"
    return key.id, clean(key.name), key.prefix, used, until, may


def _object(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "created_at": iso(key.created_at),
        "used_at": iso(key.used_at),
        "expires_at": iso(key.expires_at),
    }
