"""The commands about reply rules: list, set, lift, remove."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.operations.accounts import reply_rules as operations
from paceline.operations.accounts.reply_rules import HeldBack, SetRule

app = typer.Typer(help="What is suspended or slowed down when providers answer so.", no_args_is_help=True)

_COLUMNS = (
    Column(title="name", style="bold"),
    Column(title="answer", most=60),
    Column(title="counts"),
    Column(title="then"),
    Column(title="holds back now", most=200),
)

_NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The rule's name.", show_default=False)]


@app.command("list")
def list_rules(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Every reply rule, and what each of them holds back now."""
    with opened(database) as context:
        found = operations.list_rules(context)
    if as_json:
        print_json_lines(one.to_json() for one in found)
    elif found:
        print_table(_COLUMNS, [_row(one) for one in found])
    else:
        print_lines(["no reply rule"])


@app.command("set")
def set_rule(
    name: _NameArgument,
    code: Annotated[str, typer.Option(help='The code of the answer, such as "421" or "4*".')] = "",
    enhanced: Annotated[str, typer.Option(help='The enhanced code, such as "4.7.28" or "4.7.*".')] = "",
    text: Annotated[str, typer.Option(help="What stands anywhere in the answer; * stands for anything.")] = "",
    count_by: Annotated[str, typer.Option(help="account, server, domain or campaign.")] = "account",
    after: Annotated[int, typer.Option(metavar="N", help="Acts with so many answers.")] = 1,
    within_seconds: Annotated[float, typer.Option(metavar="SECONDS", help="Within this time.")] = 60,
    action: Annotated[str, typer.Option(help="suspend, lower or pause.")] = "suspend",
    for_seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long; 600 without.", show_default=False)
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="To which share of the pace; 0.5 without.", show_default=False),
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Set a reply rule as a whole by its name; what the former one of this name held back is over."""
    values = {
        "name": name,
        "code": code,
        "enhanced": enhanced,
        "text": text,
        "count_by": count_by,
        "after": after,
        "within_seconds": within_seconds,
        "action": action,
        "for_seconds": for_seconds,
        "share": share,
    }
    with opened(database) as context:
        found = operations.set_rule(context, {field: value for field, value in values.items() if value is not None})
    print_table(_COLUMNS, [_row(found)])


@app.command("lift")
def lift(name: _NameArgument, database: DatabaseOption = None) -> None:
    """Let what a reply rule holds back go on at once; the rule stays and counts anew."""
    with opened(database) as context:
        was = operations.lift(context, operations.id_of(context, name))
    print_lines([f"{one.what} {one.name} goes on" for one in was.holds] or [f"{name} holds nothing back"])


@app.command("remove")
def remove(name: _NameArgument, database: DatabaseOption = None) -> None:
    """Take a reply rule away; what it holds back goes on at once."""
    with opened(database) as context:
        operations.remove_rule(context, operations.id_of(context, name))
    print_lines([f"{name} is gone"])


def _row(one: SetRule) -> tuple[str, ...]:
    answer = " ".join(part for part in (one.code, one.enhanced, f'"{one.text}"' if one.text else "") if part)
    then = {
        "suspend": f"suspend for {one.for_seconds:g} s",
        "lower": f"lower to {one.share:.0%} for {one.for_seconds:g} s",
        "pause": "pause the campaign",
    }[one.action]
    counts = f"{one.after} in {one.within_seconds:g} s by {one.count_by}"
    return (one.name, answer, counts, then, "; ".join(map(_held, one.holds)) or "-")


def _held(one: HeldBack) -> str:
    rate = "" if one.rate_per_minute is None else f" at {one.rate_per_minute:g} a minute"
    return f"{one.what} {one.name}{rate} until {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(one.until_at))}"
