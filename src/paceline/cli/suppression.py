"""The commands about addresses that get nothing: suppression list, add, lift."""

from __future__ import annotations

from typing import Annotated

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.words import clean, plural
from paceline.operations.audience import suppressions

app = typer.Typer(help="Addresses that get nothing.", no_args_is_help=True)


@app.command("list")
def list_suppressions(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every suppressed address, with the reason and since when."""
    with opened(database) as context:
        found = suppressions.listing(context)
        if as_json:
            print_json_lines(found)
        else:
            print_lines("\t".join("-" if v in (None, "") else clean(str(v)) for v in one.values()) for one in found)


@app.command()
def add(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Who gets nothing.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the address.")] = "added by a person",
    database: DatabaseOption = None,
) -> None:
    """Send nothing more to these addresses, in any campaign."""
    with opened(database) as context:
        count = suppressions.add(context, addresses, reason)
    known = len(addresses) - count
    print_lines(
        [f"{plural(count, 'address', 'addresses')} suppressed" + (f", {known} were so before" if known else "")]
    )


@app.command()
def lift(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who may get messages again.", show_default=False)],
    database: DatabaseOption = None,
) -> int:
    """Allow messages to an address again."""
    with opened(database) as context:
        lifted = suppressions.lift(context, address)
    print_lines([clean(f"{address} {'may get messages again' if lifted else 'was not suppressed'}")])
    return ExitCode.DONE
