"""The commands for what a person may ask for: privacy export, erase."""

from __future__ import annotations

from typing import Annotated

import typer

from paceline.cli.options import DatabaseOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.operations.audience import privacy

app = typer.Typer(help="What is known of a person, and how to erase them.", no_args_is_help=True)

AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An e-mail address or a phone number.", show_default=False)
]


@app.command()
def export(address: AddressArgument, database: DatabaseOption = None) -> None:
    """All that is known of a person, one JSON object per line."""
    with opened(database) as context:
        print_json_lines(privacy.everything_about(context, address))


@app.command()
def erase(
    address: AddressArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: it cannot be undone.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Erase a person everywhere; the counts of campaigns stay as they are."""
    if not yes:
        message = "is missing: erasing a person cannot be undone; look at `paceline privacy export` first"
        raise InputError([Problem(file="command line", field="--yes", message=message)])
    with opened(database) as context:
        done = privacy.erase(context, address)
    count = sum(one.messages for one in done)
    print_lines([f"erased; {counted(count, 'message is', 'messages are')} nobody's now"])
