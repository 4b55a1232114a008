"""How the provider charges messages, counted per campaign once each is delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql


class Price(NamedTuple):
    """How one message is charged; ``country`` is a calling code."""

    message_id: int
    campaign_id: int
    category: str
    country: str
    billable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """Delivered messages of one kind; free ones are those in an open window of service."""

    category: str
    country: str
    billable: int
    free: int


def record(connection: Connection, database: Database, prices: Sequence[Price], delivered: Iterable[int]) -> None:
    """Keep prices, and count the messages that are delivered as well; each is counted once, in whatever order both come."""
    statements = _statements(database)
    if prices:
        database.run(connection, statements["keep"], {"rows": rows_json(map(list, sorted(prices)))})
    touched = sorted({*delivered, *(price.message_id for price in prices)})
    if not touched:
        return
    counts: Counter[tuple[int, str, str, bool]] = Counter()
    for campaign_id, category, country, billable in database.fetch(
        connection, statements["count"], {"rows": rows_json([i] for i in touched)}
    ):
        counts[campaign_id, category, country, bool(billable)] += 1
    for (campaign_id, category, country, is_billable), number in sorted(counts.items()):
        values = {"campaign": campaign_id, "category": category, "country": country}
        connection.execute(
            _ADD, {**values, "billable": number if is_billable else 0, "free": 0 if is_billable else number}
        )


def of_campaign(connection: Connection, campaign_id: int) -> list[Charges]:
    """What was delivered of a campaign, by category and calling code."""
    statement = sql(
        "SELECT category, country, billable, free FROM campaign_charges WHERE campaign_id = :id ORDER BY category, country"
    )
    return [Charges(**row._mapping) for row in connection.execute(statement, {"id": campaign_id})]


_ADD = sql(
    "INSERT INTO campaign_charges (campaign_id, category, country, billable, free) "
    "VALUES (:campaign, :category, :country, :billable, :free) ON CONFLICT (campaign_id, category, country) DO UPDATE SET "
    "billable = campaign_charges.billable + excluded.billable, free = campaign_charges.free + excluded.free"
)


@lru_cache(maxsize=8)
def _statements(database: Database) -> dict[str, Any]:
    prices = database.rows(
        "rows", message_id="integer", campaign_id="integer", category="text", country="text", billable="integer"
    )
    ids = database.rows("rows", id="integer")
    columns = "message_id, campaign_id, category, country, billable"
    return {
        "keep": sql(
            f"INSERT INTO message_prices ({columns}) SELECT {columns} FROM ({prices}) AS r WHERE true ON CONFLICT DO NOTHING"
        ),
        "count": sql(
            f"UPDATE message_prices SET counted = 1 WHERE counted = 0 AND message_id IN ({ids}) AND EXISTS "
            "(SELECT 1 FROM delivery_facts d WHERE d.message_id = message_prices.message_id AND d.delivered_at IS NOT NULL) "
            "RETURNING campaign_id, category, country, billable"
        ),
    }
