"""The console script: every command group in one application, and errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer
import typer.main

from paceline import __version__
from paceline.cli.commands import COMMANDS
from paceline.cli.failures import ExitCode, explain_failure
from paceline.cli.output import print_lines


def application(command: str = "") -> typer.Typer:
    """The command line with the module of one command, or with all where there is none of that name."""
    app = _without_commands()
    for name in [module for module, commands in COMMANDS.items() if command in commands] or COMMANDS:
        module = import_module(f"paceline.cli.{name}")
        if hasattr(module, "register"):
            module.register(app)
        else:
            app.add_typer(module.app, name=name)
    return app


def listing() -> typer.Typer:
    """The command line with every command by its name and its line of help only: loads none of them, and none can be run."""
    app = _without_commands()
    for commands in COMMANDS.values():
        for command, line in commands.items():
            app.command(command, help=line)(_nothing)
    return app


def _nothing() -> None:
    raise AssertionError("a command was called whose module is not loaded")


def _without_commands() -> typer.Typer:
    return typer.Typer(
        name="paceline",
        help="Campaigns through many limited accounts: one worker per account, never twice, never lost.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        callback=paceline,
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        print_lines([f"paceline {__version__}"])
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
        code = typer.main.get_command(_asked_for(arguments)).main(
            list(arguments), prog_name="paceline", standalone_mode=False
        )
        print_lines([])
    except Exception as error:
        return explain_failure(error)
    return ExitCode.DONE if code is None else int(code)


def _asked_for(arguments: Sequence[str]) -> typer.Typer:
    """As much of the command line as these arguments need: together the modules of all commands cost two seconds."""
    word = next((word for word in arguments if not word.startswith("-")), "")  # no option before it takes a value
    return application(word) if any(word in commands for commands in COMMANDS.values()) else listing()


if __name__ == "__main__":
    main()
