"""What a WhatsApp campaign has cost, and what one is likely to: messages times a rate table of one's own.

Costs are of what was delivered, as the provider charges it; an estimate is of all messages, as if each were delivered and
none were free.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedCost:
    """Messages of one category to one country. ``amount`` is None where the table has no price for them."""

    category: str
    """As in the rate table: marketing, utility, authentication; "" where the provider's list does not tell it."""
    country: str
    """A calling code, such as 49."""
    messages: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a campaign would cost. Not ``exact``: its audience was counted only in part, and the rest costs more.

    ``is_fallback``: it costs this at most, since only those get it whom the other channel does not reach.
    """

    costs: tuple[EstimatedCost, ...]
    exact: bool
    is_fallback: bool = False

    @property
    def total(self) -> Decimal | None:
        """Of all that has a price; None when nothing has."""
        amounts = [cost.amount for cost in self.costs if cost.amount is not None]
        return sum(amounts, start=Decimal(0)) if amounts else None

    @property
    def without_price(self) -> int:
        """Messages for which the rate table has no price."""
        return sum(cost.messages for cost in self.costs if cost.amount is None)


def estimate(
    counts: Mapping[tuple[str, str], int], rates: Rates, *, exact: bool, is_fallback: bool = False
) -> Estimate:
    """(category, calling code) -> messages, times the rates; the most expensive first, those without a price last."""
    found = [
        EstimatedCost(
            category=category,
            country=country,
            messages=messages,
            amount=None if (price := _price(rates, category, country)) is None else price * messages,
        )
        for (category, country), messages in counts.items()
    ]
    found.sort(key=lambda one: (one.amount is None, -(one.amount or 0), -one.messages, one.category, one.country))
    return Estimate(costs=tuple(found), exact=exact, is_fallback=is_fallback)


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
