"""The commands about WhatsApp: whatsapp numbers, templates, check, costs."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Any

import typer

from paceline.cli.options import DatabaseOption, JsonOption, opened
from paceline.cli.output import print_json_lines, print_lines
from paceline.cli.styled import print_table
from paceline.cli.table import Column
from paceline.cli.words import clean, number
from paceline.clock import iso
from paceline.domain.wording import counted
from paceline.operations.campaigns.preflight import looked_at
from paceline.operations.context import NotPossible
from paceline.operations.whatsapp import listing
from paceline.operations.whatsapp.costs import Cost, Estimate, EstimatedCost, costs as costs_of
from paceline.operations.whatsapp.reading import in_words
from paceline.store.queue.whatsapp_numbers import NumberRow

app = typer.Typer(help="WhatsApp numbers and templates as the provider sees them, and costs.", no_args_is_help=True)


def _columns(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title=title, style="bold" if place == 0 else "") for place, title in enumerate(titles))


@app.command()
def numbers(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """What is known of every number: status, quality, limit, business account."""
    with opened(database) as context:
        found = listing.numbers(context)
        used = listing.used_in_24_hours(context)
    if as_json:
        print_json_lines(map(_number, found))
    elif found:
        titles = _columns("number", "status", "quality", "recipients in 24 hours", "business account")
        print_table(titles, [_number_row(one) for one in found])
        print_lines([f"all together have sent {counted(used, 'message')} in the last 24 hours"])
    else:
        print_lines(
            ["no WhatsApp number yet: a campaign file brings its own, or `paceline accounts add --channel whatsapp`"]
        )


def _number(one: NumberRow) -> dict[str, Any]:
    return {
        "name": one.name,
        "phone_number_id": one.phone_number_id,
        "business_account": one.business_account,
        "status": one.status,
        "quality": one.quality,
        "messaging_limit": one.messaging_limit,
        "inbound_at": iso(one.inbound_at),
        "checked_at": iso(one.checked_at),
    }


def _number_row(one: NumberRow) -> tuple[str, ...]:
    limit = {None: "not known", -1: "any number"}.get(one.messaging_limit)
    return (
        one.name,
        one.status or "not known",
        one.quality or "not known",
        limit or number(one.messaging_limit or 0),
        one.business_account or "not known",
    )


@app.command()
def templates(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """The provider's templates as they were read last, and those that are stopped."""
    with opened(database) as context:
        rows, stops = listing.templates(context)
    if as_json:
        print_json_lines(
            {
                "name": row.name,
                "language": row.language,
                "status": row.status,
                "quality": row.quality,
                "category": row.category,
                "stopped": stops[row.key].reason if row.key in stops else None,
                "until": iso(stops[row.key].until_at) if row.key in stops else None,
            }
            for row in rows
        )
        return
    known = {row.key for row in rows}
    lines = [
        (row.key, row.status, row.quality, row.category, stops[row.key].reason if row.key in stops else "")
        for row in rows
    ]
    lines += [(key, "not known", "", "", stop.reason) for key, stop in stops.items() if key not in known]
    if lines:
        print_table(_columns("template", "status", "quality", "category", "stopped because"), lines)
    else:
        print_lines(["no template is known yet: `paceline whatsapp check` asks the provider"])


@app.command()
def check(as_json: JsonOption = False, database: DatabaseOption = None) -> None:
    """Ask the provider now how the numbers stand, and for their templates; what must stop is stopped."""
    with opened(database) as context:
        readings = asyncio.run(listing.check(context))
    if as_json:
        print_json_lines(
            {
                "name": one.name,
                "status": one.state.status if one.state else None,
                "quality": one.state.quality if one.state else None,
                "templates": None if one.templates is None else len(one.templates),
                "trouble": one.failure or (one.state.harm if one.state else None),
            }
            for one in readings
        )
    else:
        print_lines(
            [clean(in_words(one)) for one in readings]
            or ["no WhatsApp number yet: a campaign file brings its own, or `paceline accounts add --channel whatsapp`"]
        )


@app.command()
def costs(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The campaign.", show_default=False)],
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """What a campaign has cost: delivered messages by category and country, times the rates of PACELINE_WHATSAPP_RATES."""
    with opened(database) as context:
        found = costs_of(context, key)
    if as_json:
        print_json_lines(map(_cost, found))
    elif found:
        titles = _columns("category", "country", "to pay", "free", "amount")
        print_table(titles, [tuple("" if v is None else str(v) for v in _cost(one).values()) for one in found])
        print_lines([f"together {sum((one.amount for one in found if one.amount is not None), start=0)}"])
    else:
        print_lines(["nothing yet: costs are known once webhooks tell what was delivered"])


@app.command()
def estimate(
    campaign: Annotated[
        str,
        typer.Argument(metavar="FILE.toml|KEY", help="A campaign file, or the key of a campaign.", show_default=False),
    ],
    as_json: JsonOption = False,
    database: DatabaseOption = None,
) -> None:
    """What a campaign would cost by the rates of PACELINE_WHATSAPP_RATES, if all of it were delivered and nothing free."""
    with opened(database) as context:
        found = looked_at(context, campaign, os.environ).estimate
    if found is None:
        raise NotPossible(f"{campaign} has no WhatsApp part: nothing is charged for it")
    if as_json:
        print_json_lines(map(_estimated, found.costs))
    else:
        titles = _columns("category", "country", "messages", "amount")
        print_table(
            titles, [tuple("" if v is None else str(v) for v in _estimated(one).values()) for one in found.costs]
        )
        print_lines(estimate_lines(found))


def _estimated(one: EstimatedCost) -> dict[str, Any]:
    amount = None if one.amount is None else str(one.amount)
    return {
        "category": one.category or "not known",
        "country": f"+{one.country}",
        "messages": one.messages,
        "amount": amount,
    }


def estimate_lines(found: Estimate) -> list[str]:
    """An estimate in a sentence or two."""
    messages = sum(one.messages for one in found.costs)
    least = "" if found.exact else "at least "
    if found.total is None:
        return [
            f"cost: not known, the rate table (PACELINE_WHATSAPP_RATES) has no price for {counted(messages, 'message')}"
        ]
    if found.is_fallback:
        people = counted(messages, "person", "people")
        people = people if found.exact else f"the first {people}"
        lines = [f"cost: at most {found.total} if all of {people} have to be reached by WhatsApp"]
    else:
        lines = [
            f"cost: {least}{found.total} if all of {least}{counted(messages, 'message is', 'messages are')} delivered and none is free"
        ]
    if found.without_price:
        lines.append(f"the rate table has no price for {number(found.without_price)} of them")
    return lines


def _cost(one: Cost) -> dict[str, Any]:
    amount = None if one.amount is None else str(one.amount)
    return {
        "category": one.category,
        "country": f"+{one.country}",
        "billable": one.billable,
        "free": one.free,
        "amount": amount,
    }
