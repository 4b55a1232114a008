"""What the accounts of a campaign are doing right now, and who sends: what an explanation has to know besides the states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What an account does now, for whatever campaign."""

    next_at: float = 0.0
    """Where its pace stands."""
    begun: int = 0
    """Messages that were handed over and have no answer yet."""
    begun_since: float = 0.0
    """Since when the oldest of them."""
    held: int = 0
    """Messages that are claimed and not begun."""
    held_since: float = 0.0
    campaigns: int = 0
    """Running campaigns that may be sent through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingSender:
    """A sender that has not signed off."""

    process: str
    campaign_id: int | None
    """The only campaign that it sends; None: everybody's."""
    lease_until: float


def doings(connection: Connection, database: Database, account_ids: Sequence[int]) -> dict[int, Doing]:
    """Account id -> what it does."""
    if not account_ids:
        return {}
    ids, rows = database.rows("rows", id="integer"), {"rows": rows_json([i] for i in account_ids)}
    held: dict[tuple[int, int], tuple[int, float]] = {}
    statement = sql(
        "SELECT account_id, state, COUNT(*) AS number, MIN(at) AS since FROM messages "
        f"WHERE account_id IN ({ids}) AND state BETWEEN 1 AND 2 GROUP BY account_id, state"
    )
    for row in connection.execute(statement, rows):
        held[row.account_id, row.state] = (int(row.number), float(row.since or 0.0))
    statement = sql(
        "SELECT ca.account_id, COUNT(*) AS number FROM campaign_accounts ca "
        "JOIN campaigns c ON c.id = ca.campaign_id AND c.status = 'running' "
        f"WHERE ca.active = 1 AND ca.account_id IN ({ids}) GROUP BY ca.account_id"
    )
    served = {row.account_id: int(row.number) for row in connection.execute(statement, rows)}
    found = {}
    for row in connection.execute(sql(f"SELECT id, next_at FROM accounts WHERE id IN ({ids})"), rows):
        begun = held.get((row.id, MessageState.INTENDED), (0, 0.0))
        claimed = held.get((row.id, MessageState.CLAIMED), (0, 0.0))
        found[row.id] = Doing(
            next_at=row.next_at,
            begun=begun[0],
            begun_since=begun[1],
            held=claimed[0],
            held_since=claimed[1],
            campaigns=served.get(row.id, 0),
        )
    return found


def senders(connection: Connection) -> dict[int, LivingSender]:
    """Every sender that has not signed off, by its id."""
    rows = connection.execute(sql("SELECT id, process, campaign_id, lease_until FROM senders WHERE ended_at IS NULL"))
    return {
        row.id: LivingSender(process=row.process, campaign_id=row.campaign_id, lease_until=row.lease_until)
        for row in rows
    }
