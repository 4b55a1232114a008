"""The commands about what a campaign has led to: report, events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from paceline.cli.campaigns import message_line
from paceline.cli.options import DatabaseOption, JsonOption, KeyArgument, opened
from paceline.cli.output import print_json, print_json_lines, print_lines, print_text
from paceline.cli.words import clean, number
from paceline.domain.errors import InputError, Problem
from paceline.domain.wording import counted
from paceline.operations.audience.exporting import ExportFormat, written_rows
from paceline.operations.campaigns import reporting
from paceline.operations.campaigns.reporting import EVENT_COLUMNS, RATES, CampaignReport


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (report, events):
        app.command()(command)


def report(key: KeyArgument, as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """What a campaign has led to: deliveries, opens, clicks by link, bounces, complaints, unsubscribes."""
    with opened(database) as context:
        found = reporting.report_of(context, key)
    if as_json:
        print_json(found.to_json())
    else:
        print_lines(report_lines(found))


def report_lines(found: CampaignReport) -> Iterator[str]:
    """A report as lines: counts with their shares of what was sent, then the links."""
    sent = found.counts["sent"]
    yield clean(f"{found.key} is {found.status}: {number(sent)} of {counted(found.total, 'message')} sent")
    for name in RATES:
        share = found.rates[name]
        percent = "" if share is None else f"{100 * share:8.2f} %"
        yield f"  {name.replace('_', ' '):<13}{number(found.came_back[name]):>11}{percent}"
    for name, by_programs in (("opens", "automatic_opens"), ("clicks", "automatic_clicks")):
        automatic = f", besides {number(found.came_back[by_programs])} by programs"
        yield f"  {name:<13}{number(found.came_back[name]):>11}{automatic}"
    if found.health.evidence:
        yield clean(f"  {found.health.evidence}")
    for link in found.links:
        yield clean(f"  link {link.number:<8}{number(link.clicks):>11}  {link.target}")


def events(
    key: KeyArgument,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Everything that happened to every message of a campaign, one line each, in the order of the audience."""
    if as_json and as_csv:
        message = "and --json exclude each other; choose one of them"
        raise InputError([Problem(file="command line", field="--csv", message=message)])
    with opened(database) as context:
        found = reporting.events(context, key)
        if as_json:
            print_json_lines(found)
        elif as_csv:
            print_text(written_rows(EVENT_COLUMNS, found, ExportFormat.CSV))
        else:
            print_lines(map(message_line, found))
