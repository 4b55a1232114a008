"""What a WhatsApp campaign has cost: what was delivered, as the provider charges it, times a rate table of one's own.

The provider's rates change with every quarter, so they are a file: ``category,country,price``, country being a calling
code such as 49, or * for all others. Prices are decimal numbers in one currency.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from paceline.domain.errors import InputError, Problem
from paceline.operations.context import Context
from paceline.store.queue import whatsapp_charges

_COLUMNS = ("category", "country", "price")
_EVERYWHERE = "*"

Rates = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Delivered messages of one category to one country. ``amount`` is None where the table has no price for them."""

    category: str
    country: str
    billable: int
    free: int
    amount: Decimal | None


def costs(context: Context, key: str) -> list[Cost]:
    """What a campaign has cost so far. Raises UnknownCampaign, InputError for a rate table that cannot be used."""
    campaign = context.campaign(key)
    rates = read_rates(context.settings.whatsapp_rates)
    with context.queue.read() as connection:
        charges = whatsapp_charges.of_campaign(connection, campaign.id)
    return [
        Cost(
            category=one.category,
            country=one.country,
            billable=one.billable,
            free=one.free,
            amount=None if (price := _price(rates, one.category, one.country)) is None else price * one.billable,
        )
        for one in charges
    ]


def _price(rates: Rates, category: str, country: str) -> Decimal | None:
    return rates.get((category, country), rates.get((category, _EVERYWHERE)))


def read_rates(path: str) -> Rates:
    """The rate table of this file; an empty one without a file. Raises InputError with every line that is wrong."""
    if not path:
        return {}
    rates: dict[tuple[str, str], Decimal] = {}
    problems: list[Problem] = []
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames is None or not set(_COLUMNS) <= set(rows.fieldnames):
                raise InputError([Problem(file=path, line=1, message=f"accepts the columns {', '.join(_COLUMNS)}")])
            for row in rows:
                try:
                    price = Decimal((row["price"] or "none").strip())
                    if not price.is_finite() or price < 0:
                        raise InvalidOperation
                except InvalidOperation:
                    message = f"accepts a price such as 0.0125, got {row['price']!r}"
                    problems.append(Problem(file=path, line=rows.line_num, field="price", message=message))
                    continue
                country = (row["country"] or "").strip().lstrip("+") or _EVERYWHERE
                rates[(row["category"] or "").strip().lower(), country] = price
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError([Problem(file=path, message=f"cannot be read: {error}")]) from None
    if problems:
        raise InputError(problems)
    return rates
