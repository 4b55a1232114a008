"""Who stands where on which list. Every change counts on the list's counters in the same transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection

from paceline.domain.contact import SUBSCRIPTION_MOVES, SubscriptionMove, SubscriptionState
from paceline.store.catalogue import lists
from paceline.store.database import Database, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """One contact's place on one list."""

    list_id: int
    list_name: str
    state: SubscriptionState
    source: str
    at: float


def move(
    connection: Connection,
    database: Database,
    what: SubscriptionMove,
    *,
    list_id: int,
    contact_id: int,
    source: str,
    now: float,
) -> bool:
    """Make one move of the table in domain/contact.py; False when the contact is not where the move begins."""
    row = SUBSCRIPTION_MOVES[what]
    present = connection.execute(
        sql(f"SELECT state FROM subscriptions WHERE list_id = :list AND contact_id = :contact {database.lock_rows}"),
        {"list": list_id, "contact": contact_id},
    ).scalar_one_or_none()
    before = None if present is None else SubscriptionState(present)
    if before not in row.sources:
        return False
    values = {
        "list": list_id,
        "contact": contact_id,
        "state": int(row.target),
        "source": source,
        "now": now,
        "before": before,
    }
    statement = (
        "INSERT INTO subscriptions (list_id, contact_id, state, source, at) "
        "VALUES (:list, :contact, :state, :source, :now) ON CONFLICT (list_id, contact_id) DO NOTHING"
        if before is None
        else "UPDATE subscriptions SET state = :state, source = :source, at = :now "
        "WHERE list_id = :list AND contact_id = :contact AND state = :before"
    )
    if connection.execute(sql(statement), values).rowcount != 1:
        return False
    changes = Counter({row.target: 1})
    if before is not None:
        changes[before] -= 1
    lists.count(connection, list_id, changes)
    return True


def add_many(
    connection: Connection,
    database: Database,
    contact_ids: Sequence[int],
    *,
    list_id: int,
    what: SubscriptionMove,
    source: str,
    now: float,
) -> int:
    """Put contacts on a list by the moves ASK or ADD; whoever is or was on it stays as they are. Returns how many came.

    ``contact_ids`` ascend: locks are always taken in this order.
    """
    row = SUBSCRIPTION_MOVES[what]
    assert row.sources == {None}
    added = database.run(
        connection,
        sql(
            "INSERT INTO subscriptions (list_id, contact_id, state, source, at) "
            f"SELECT {int(list_id)}, contact_id, {int(row.target)}, :source, :now "
            f"FROM ({database.rows('contacts', contact_id='integer')}) AS r WHERE true "
            "ON CONFLICT (list_id, contact_id) DO NOTHING"
        ),
        {"contacts": orjson.dumps([[number] for number in contact_ids]).decode(), "source": source, "now": now},
    )
    lists.count(connection, list_id, {row.target: added})
    return added


def of_contact(connection: Connection, contact_id: int) -> list[SubscriptionRow]:
    """Every list that a contact is or was on."""
    rows = connection.execute(
        sql(
            "SELECT s.list_id, l.name AS list_name, s.state, s.source, s.at FROM subscriptions s "
            "JOIN lists l ON l.id = s.list_id WHERE s.contact_id = :contact ORDER BY s.list_id"
        ),
        {"contact": contact_id},
    )
    return [SubscriptionRow(**{**row._mapping, "state": SubscriptionState(row.state)}) for row in rows]


def forget_contact(connection: Connection, contact_id: int) -> None:
    """Take a contact off every list, as if it had never been there."""
    gone = connection.execute(
        sql("DELETE FROM subscriptions WHERE contact_id = :contact RETURNING list_id, state"), {"contact": contact_id}
    ).all()
    changes: defaultdict[int, Counter[SubscriptionState]] = defaultdict(Counter)
    for row in gone:
        changes[row.list_id][SubscriptionState(row.state)] -= 1
    for list_id in sorted(changes):
        lists.count(connection, list_id, changes[list_id])


def forget_some(connection: Connection, list_id: int, *, limit: int) -> bool:
    """Take up to ``limit`` contacts off a list that is being deleted; False when nobody was on it any more."""
    gone = connection.execute(
        sql(
            "DELETE FROM subscriptions WHERE list_id = :list AND contact_id IN "
            "(SELECT contact_id FROM subscriptions WHERE list_id = :list ORDER BY contact_id LIMIT :limit) "
            "RETURNING state"
        ),
        {"list": list_id, "limit": limit},
    ).scalars()
    changes = Counter(SubscriptionState(state) for state in gone)
    lists.count(connection, list_id, {state: -number for state, number in changes.items()})
    return bool(changes)
