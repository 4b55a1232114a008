"""The console script: every command group in one application, and errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer
import typer.main

from paceline.cli import (
    accounts,
    came_back,
    campaigns,
    check,
    demo,
    domains,
    files,
    forecast,
    imports,
    installation,
    keys,
    limits,
    mailboxes,
    privacy,
    receive,
    sandbox,
    send,
    serve,
    suppression,
    users,
    whatsapp,
    worker,
    workers,
)
from paceline.cli.failures import ExitCode, explain_failure
from paceline.cli.output import print_lines

app = typer.Typer(
    name="paceline",
    help="Campaigns through many limited accounts: one worker per account, never twice, never lost.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for group in (send, check, forecast, campaigns, came_back, imports):
    group.register(app)
app.add_typer(accounts.app, name="accounts")
app.add_typer(limits.app, name="limits")
app.add_typer(mailboxes.app, name="mailboxes")
app.add_typer(domains.app, name="domains")
app.add_typer(files.app, name="files")
app.add_typer(suppression.app, name="suppression")
app.add_typer(privacy.app, name="privacy")
app.add_typer(whatsapp.app, name="whatsapp")
app.add_typer(users.app, name="users")
app.add_typer(keys.app, name="keys")
app.add_typer(workers.app, name="workers")
for group in (serve, worker, receive, demo, sandbox, installation):
    group.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_lines([f"paceline {version('paceline')}"])
        raise typer.Exit


@app.callback()
def paceline(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Campaigns through many limited accounts: one worker per account, never twice, never lost."""


def main() -> None:
    """Run the command that the process was started with, and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what goes wrong is said on standard error."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream, unless replaced
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="paceline", standalone_mode=False)
        print_lines([])
    except Exception as error:
        return explain_failure(error)
    return ExitCode.DONE if code is None else int(code)


if __name__ == "__main__":
    main()
