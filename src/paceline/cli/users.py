"""The commands of an operator about people, also for one who is locked out: users list, add, reset-link, disable, enable."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean
from paceline.clock import iso
from paceline.operations.people import installation_users
from paceline.operations.people.installation_users import InstallationUser

app = typer.Typer(help="People who may log in, in every workspace.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.", show_default=False)]

_COLUMNS = (Column(title="address", style="bold"), Column(title="name"), Column(title="role"), Column(title="login"))


@app.command("list")
def list_users(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every user, with the roles and how they log in."""
    with opened(database) as context:
        found = installation_users.list_users(context)
    if as_json:
        print_json_lines(map(_object, found))
    elif found:
        rows = [(clean(u.email), clean(u.name), clean(", ".join(u.roles) or "-"), _ways(u)) for u in found]
        print_table(_COLUMNS, rows)
    else:
        print_lines(["no user yet: `paceline users add`"])


def _object(user: InstallationUser) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "roles": list(user.roles),
        "password": user.has_password,
        "second_factor": user.has_second_factor,
        "single_sign_on": user.has_single_sign_on,
        "disabled_at": iso(user.disabled_at),
        "created_at": iso(user.created_at),
    }


def _ways(user: InstallationUser) -> str:
    if user.disabled_at is not None:
        return "disabled"
    ways = {
        "password": user.has_password,
        "second factor": user.has_second_factor,
        "single sign-on": user.has_single_sign_on,
    }
    return ", ".join(way for way, there in ways.items() if there) or "not yet"


@app.command()
def add(
    email: EmailArgument,
    name: Annotated[str, typer.Option(metavar="NAME", help="What the person is called.", show_default=False)] = "",
    role: Annotated[str, typer.Option(metavar="ROLE", help="owner, admin, editor or viewer.")] = "owner",
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Add a user to the first workspace, or give one that exists another role there; prints a link to set a password."""
    with opened(database) as context:
        link = installation_users.add_user(context, email=email, name=name, role=role)
    _print_link(email, link, as_json)


@app.command("reset-link")
def reset_link(
    email: EmailArgument,
    without_second_factor: Annotated[
        bool, typer.Option("--without-second-factor", help="Take the second factor away: the telephone is lost.")
    ] = False,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Print a link that sets a new password, once, within the hour."""
    with opened(database) as context:
        link = installation_users.reset_link(context, email=email, without_second_factor=without_second_factor)
    _print_link(email, link, as_json)


@app.command()
def disable(email: EmailArgument, database: DatabaseOption = None) -> None:
    """Keep a user out: sessions end and keys stop working at once."""
    _switch(email, database, enabled=False)


@app.command()
def enable(email: EmailArgument, database: DatabaseOption = None) -> None:
    """Let a disabled user in again."""
    _switch(email, database, enabled=True)


def _switch(email: str, database: str | None, *, enabled: bool) -> None:
    with opened(database) as context:
        installation_users.set_enabled(context, email=email, enabled=enabled)
    print_lines([clean(f"{email} {'may log in' if enabled else 'is disabled'}")])


def _print_link(email: str, link: str, as_json: bool) -> None:
    if as_json:
        print_json({"email": email, "link": link})
    else:
        print_lines([clean(f"{email} sets a password here, once, within the hour:"), link])
