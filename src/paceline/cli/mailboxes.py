"""The commands about mailboxes that are read for reports: list, add, test, remove, enable, disable, kept."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines, print_text
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean
from paceline.clock import iso
from paceline.domain.errors import InputError, Problem
from paceline.operations.incoming import kept_mails, mailboxes

app = typer.Typer(help="Mailboxes that are read for bounces and other reports.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The mailbox's name.", show_default=False)]
_SECRETS = ("password", "client_secret", "refresh_token")
_COMMAND = "mailboxes add"


def _text(name: str, metavar: str, about: str) -> Any:
    return typer.Option(f"--{name}", metavar=metavar, help=about, show_default=False)


@app.command("list")
def list_mailboxes(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every mailbox with its state and the reason for it."""
    with opened(database) as context:
        found = mailboxes.list_mailboxes(context)
    if as_json:
        print_json_lines(map(_object, found))
    elif found:
        print_table(_COLUMNS, [_cells(row) for row in found])
    else:
        print_lines(["no mailbox is read yet: see `paceline mailboxes add --help`"])


_COLUMNS = (
    Column(title="mailbox", style="bold"),
    Column(title="login"),
    Column(title="use"),
    Column(title="mails", right=True),
    Column(title="matched", right=True),
    Column(title="state", most=200),
)


def _object(row: mailboxes.MailboxRow) -> dict[str, Any]:
    about = {name: value for name, value in asdict(row).items() if name not in ("id", "workspace_id")}
    for name in ("since_at", "read_at", "created_at"):
        about[name] = None if about[name] is None else iso(about[name])
    return about


def _cells(row: mailboxes.MailboxRow) -> tuple[str, ...]:
    state = row.state if row.enabled else "disabled"
    said = f"{state}: {row.reason}" if row.reason else state
    return row.name, f"{row.username} at {row.host}", row.use, str(row.mails), str(row.matched), said


@app.command()
def add(
    name: Annotated[str, _text("name", "NAME", "What people call it.")],
    host: Annotated[str, _text("host", "HOST", "The IMAP server.")],
    username: Annotated[str, _text("username", "NAME", "The login.")],
    port: Annotated[int | None, _text("port", "PORT", "Its port; 993 if absent.")] = None,
    security: Annotated[str | None, _text("security", "WORD", "tls, starttls or none.")] = None,
    ca_file: Annotated[str | None, _text("ca-file", "FILE", "A certificate authority of your own.")] = None,
    password_env: Annotated[str | None, _text("password-env", "VARIABLE", "Which variable holds the password.")] = None,
    oauth: Annotated[str | None, _text("oauth", "PROVIDER", "google or microsoft.")] = None,
    client_id: Annotated[str | None, _text("client-id", "ID", "For OAuth.")] = None,
    client_secret_env: Annotated[str | None, _text("client-secret-env", "VARIABLE", "For OAuth.")] = None,
    refresh_token_env: Annotated[str | None, _text("refresh-token-env", "VARIABLE", "For OAuth.")] = None,
    tenant: Annotated[str | None, _text("tenant", "TENANT", "For OAuth with Microsoft.")] = None,
    token_url: Annotated[str | None, _text("token-url", "URL", "Instead of the provider's own.")] = None,
    scope: Annotated[str | None, _text("scope", "SCOPE", "Instead of the provider's own.")] = None,
    folder: Annotated[str | None, _text("folder", "FOLDER", "Which folder is read; INBOX if absent.")] = None,
    use: Annotated[str | None, _text("use", "WORD", "bounces (only for reports) or sending (people use it).")] = None,
    processed: Annotated[str | None, _text("processed", "WORD", "What becomes of mail: seen, move or leave.")] = None,
    move_to: Annotated[str | None, _text("move-to", "FOLDER", "Where mail that was taken is moved to.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Read a mailbox for reports from now on, its password sealed; `paceline serve` does the reading."""
    given = {key: value for key, value in locals().items() if key != "database" and value is not None}
    fields = _with_secrets(given)
    with opened(database) as context:
        try:
            stored = mailboxes.add(context, fields, guarded=False)
        except InputError as error:
            raise InputError(map(_about_option, error.problems)) from None
    print_lines([clean(f"{stored.name} is stored ({stored.username} at {stored.host})")])


def _with_secrets(given: dict[str, Any]) -> dict[str, Any]:
    """The fields with what the named variables hold; raises InputError for one that is not set."""
    fields = {name: value for name, value in given.items() if not name.endswith("_env")}
    for name in _SECRETS:
        variable = given.get(f"{name}_env")
        if variable is None:
            continue
        if not os.environ.get(variable):
            message = "the environment variable that it names is not set or empty"
            raise InputError([Problem(file=_COMMAND, field=f"--{name.replace('_', '-')}-env", message=message)])
        fields[name] = os.environ[variable]
    return fields


def _about_option(problem: Problem) -> Problem:
    name = (problem.field or "").replace("_", "-")
    option = f"--{name}-env" if name.replace("-", "_") in _SECRETS else f"--{name}"
    return Problem(file=_COMMAND, field=option, message=problem.message)


@app.command("test")
def check(name: NameArgument, database: DatabaseOption = None) -> int:
    """Connect, log in and open the folder; changes nothing there."""
    with opened(database) as context:
        result = mailboxes.test(context, name)
    print(clean(result.message), file=sys.stdout if result.ok else sys.stderr)
    return ExitCode.DONE if result.ok else ExitCode.FAILED


@app.command()
def remove(name: NameArgument, database: DatabaseOption = None) -> None:
    """Read a mailbox no more; what was read stays."""
    with opened(database) as context:
        gone = mailboxes.remove(context, name)
    print_lines([clean(f"{gone.name} is not read any more")])


@app.command()
def enable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Read a mailbox again; also tries a broken one anew at once, after you have mended the cause."""
    _switch(name, database, enabled=True)


@app.command()
def disable(name: NameArgument, database: DatabaseOption = None) -> None:
    """Leave a mailbox alone for now."""
    _switch(name, database, enabled=False)


def _switch(name: str, database: str | None, *, enabled: bool) -> None:
    with opened(database) as context:
        row = mailboxes.change(context, name, {}, enabled=enabled, guarded=False)
    print_lines([clean(f"{row.name} is {'enabled' if enabled else 'disabled'}")])


@app.command()
def kept(
    show: Annotated[str | None, _text("show", "ID", "Print this mail as it came.")] = None,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Mail that could not be read or is about no message of yours: the newest thousand, or one as it came."""
    with opened(database) as context:
        if show is not None:
            print_text([kept_mails.get(context, show)[1].decode("utf-8", "replace")])
            return
        found = kept_mails.newest(context, limit=1000)
        ids = [kept_mails.public_id(context, mail) for mail in found]
    if as_json:
        rows = [{**asdict(mail), "id": name, "at": iso(mail.at)} for mail, name in zip(found, ids, strict=True)]
        print_json_lines({key: value for key, value in row.items() if key != "message_id"} for row in rows)
        return
    for mail, name in zip(found, ids, strict=True):
        print_lines([clean(f"{name}  {iso(mail.at)}  {mail.kind}  {mail.source}  {mail.sender}  {mail.subject}")])
    if not found:
        print_lines(["nothing was kept"])
