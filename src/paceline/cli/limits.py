"""The commands about limits above single accounts: list, set."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.operations.accounts import limits as operations
from paceline.operations.accounts.limits import SetLimit

app = typer.Typer(help="Limits of the workspace, of servers, campaigns, domains and providers.", no_args_is_help=True)

_COLUMNS = (
    Column(title="for", style="bold"),
    Column(title="name"),
    Column(title="minute", right=True),
    Column(title="hour", right=True),
    Column(title="day", right=True),
    Column(title="month", right=True),
    Column(title="full", most=200),
)


@app.command("list")
def list_limits(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every limit above single accounts, and which of them is reached."""
    with opened(database) as context:
        found = operations.list_limits(context)
    _show(found, as_json=as_json)


def _option(name: str, about: str) -> Any:
    return typer.Option(f"--{name}", metavar="N", help=about, show_default=False)


@app.command("set")
def set_limit(
    layer: Annotated[
        str,
        typer.Argument(metavar="FOR", help="workspace, server, campaign, domain or provider.", show_default=False),
    ],
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="The host, key, domain or provider.", show_default=False)
    ] = "",
    minute_limit: Annotated[int, _option("minute-limit", "Messages per minute; 0: no limit.")] = 0,
    hourly_limit: Annotated[int, _option("hourly-limit", "Messages per hour.")] = 0,
    daily_limit: Annotated[int, _option("daily-limit", "Messages per day.")] = 0,
    monthly_limit: Annotated[int, _option("monthly-limit", "Messages per month.")] = 0,
    window: Annotated[str, typer.Option(help="calendar or rolling.")] = "calendar",
    timezone: Annotated[str, typer.Option(help="Whose hours and days count.")] = "UTC",
    database: DatabaseOption = None,
) -> None:
    """Set the limits of one layer as a whole; without any number it is limited no more. Holds at once."""
    values = {
        "for": layer,
        "name": name,
        "minute_limit": minute_limit,
        "hourly_limit": hourly_limit,
        "daily_limit": daily_limit,
        "monthly_limit": monthly_limit,
        "window": window,
        "timezone": timezone,
    }
    with opened(database) as context:
        found = operations.set_limit(context, values)
    _show(found, as_json=False)


def _show(found: list[SetLimit], *, as_json: bool) -> None:
    if as_json:
        print_json_lines(one.to_json() for one in found)
    elif found:
        print_table(_COLUMNS, [_row(one) for one in found])
    else:
        print_lines(["no limit but those of accounts"])


def _row(one: SetLimit) -> tuple[str, ...]:
    amounts = (one.minute_limit, one.hourly_limit, one.daily_limit, one.monthly_limit)
    until = "" if one.until_at is None else f", until {time.strftime('%Y-%m-%d %H:%M', time.localtime(one.until_at))}"
    return (one.kind, one.name, *(str(amount or "-") for amount in amounts), f"{one.reason or '-'}{until}")
