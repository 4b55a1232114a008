"""The console script: every command group in one application, and errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer
import typer.main

from paceline.cli.failures import ExitCode, explain_failure
from paceline.cli.output import print_lines

# Module of this package -> the commands that it brings, in the order of the help. Only the module of the command that is run
# is imported: together they cost two seconds.
COMMANDS = {
    "send": ("send",),
    "check": ("check",),
    "forecast": ("forecast",),
    "campaigns": ("status", "messages", "resolve", "pause", "resume", "stop", "explain"),
    "came_back": ("report", "events"),
    "imports": ("import",),
    "accounts": ("accounts",),
    "limits": ("limits",),
    "rules": ("rules",),
    "mailboxes": ("mailboxes",),
    "domains": ("domains",),
    "files": ("files",),
    "suppression": ("suppression",),
    "privacy": ("privacy",),
    "whatsapp": ("whatsapp",),
    "users": ("users",),
    "keys": ("keys",),
    "workers": ("workers",),
    "serve": ("serve", "sender"),
    "worker": ("worker", "worker-check"),
    "receive": ("receive",),
    "demo": ("demo",),
    "sandbox": ("sandbox",),
    "installation": ("doctor", "database"),
}


def application(command: str = "") -> typer.Typer:
    """The command line with the module of one command, or with all where there is none of that name."""
    app = typer.Typer(
        name="paceline",
        help="Campaigns through many limited accounts: one worker per account, never twice, never lost.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        callback=paceline,
    )
    for name in [module for module, commands in COMMANDS.items() if command in commands] or COMMANDS:
        module = import_module(f"paceline.cli.{name}")
        if hasattr(module, "register"):
            module.register(app)
        else:
            app.add_typer(module.app, name=name)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        print_lines([f"paceline {version('paceline')}"])
        raise typer.Exit


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
        code = typer.main.get_command(application(next(iter(arguments), ""))).main(
            list(arguments), prog_name="paceline", standalone_mode=False
        )
        print_lines([])
    except Exception as error:
        return explain_failure(error)
    return ExitCode.DONE if code is None else int(code)


if __name__ == "__main__":
    main()
