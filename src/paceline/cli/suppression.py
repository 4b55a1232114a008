"""The commands about addresses that get nothing: suppression list, add, import, lift."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from paceline.cli.failures import ExitCode
from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json, print_json_lines, print_lines, print_text
from paceline.cli.words import clean, number
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.operations.audience import suppressions
from paceline.operations.audience.exporting import ExportFormat, written_rows

_DAY_SECONDS = 86400.0


class Channel(StrEnum):
    """The ways to reach a person."""

    EMAIL = "email"
    WHATSAPP = "whatsapp"


ChannelOption = Annotated[Channel, typer.Option("--channel", help="email or whatsapp.", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept with the address.")]

app = typer.Typer(help="Addresses that get nothing.", no_args_is_help=True)


@app.command("list")
def list_suppressions(
    channel: ChannelOption = Channel.EMAIL,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output, which can be imported again.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Every suppressed address, with the reason and since when."""
    if as_json and as_csv:
        message = "and --json exclude each other; choose one of them"
        raise InputError([Problem(file="command line", field="--csv", message=message)])
    with opened(database) as context:
        found = suppressions.listing(context, channel=channel)
        if as_csv:
            print_text(written_rows(suppressions.COLUMNS, found, ExportFormat.CSV))
        elif as_json:
            print_json_lines(found)
        else:
            print_lines("\t".join("-" if v in (None, "") else clean(str(v)) for v in one.values()) for one in found)


@app.command()
def add(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Who gets nothing.", show_default=False)],
    reason: ReasonOption = "added by a person",
    days: Annotated[
        float | None, typer.Option(min=0.0, max=36_500.0, help="For so many days; without it for ever.")
    ] = None,
    channel: ChannelOption = Channel.EMAIL,
    database: DatabaseOption = None,
) -> None:
    """Send nothing more to these addresses, in any campaign."""
    with opened(database) as context:
        expires_at = None if days is None else context.clock.now() + days * _DAY_SECONDS
        count = suppressions.add(context, addresses, reason, channel=channel, expires_at=expires_at)
    known = len(addresses) - count
    print_lines(
        [f"{counted(count, 'address', 'addresses')} suppressed" + (f", {known} were so before" if known else "")]
    )


@app.command("import")
def import_suppressions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.", show_default=False)],
    reason: ReasonOption = "imported",
    channel: ChannelOption = Channel.EMAIL,
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """Send nothing more to the addresses of a file: column address, email or phone; reason and expires_at if there are."""
    with opened(database) as context:
        done = suppressions.import_file(context, file, reason=reason, channel=channel)
    counts = {"rows": done.rows, "added": done.added, "known": done.known, "refused": done.refused}
    if as_json:
        print_json({**counts, "refused_file": None if done.refused_file is None else str(done.refused_file)})
        return
    lines = [
        f"{counted(done.added, 'address', 'addresses')} of {counted(done.rows, 'row')} suppressed, "
        f"{number(done.known)} were so before"
    ]
    if done.refused_file is not None:
        lines.append(f"{counted(done.refused, 'row')} refused: see {done.refused_file}")
    print_lines(map(clean, lines))


@app.command()
def lift(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who may get messages again.", show_default=False)],
    channel: ChannelOption = Channel.EMAIL,
    database: DatabaseOption = None,
) -> int:
    """Allow messages to an address again."""
    with opened(database) as context:
        lifted = suppressions.lift(context, address, channel=channel)
    print_lines([clean(f"{address} {'may get messages again' if lifted else 'was not suppressed'}")])
    return ExitCode.DONE
