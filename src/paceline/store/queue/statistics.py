"""Numbers about the whole queue for metrics and the health check: sums of counters, never a count of messages.

They are about the installation, not about one workspace, so nothing here may reach a person through the API's resources.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.message import PUBLIC_NAMES, PUBLIC_STATES, MessageState
from paceline.store.database import sql

_COUNTED = (*PUBLIC_STATES, "delivered", "read", "bounced")


def message_counts(connection: Connection) -> dict[str, int]:
    """Messages of all campaigns by state, and what was learnt after acceptance."""
    sums = ", ".join(f"COALESCE(SUM({name}), 0) AS {name}" for name in _COUNTED)
    row = connection.execute(sql(f"SELECT {sums} FROM campaign_counters")).one()
    return {name: int(getattr(row, name)) for name in _COUNTED}


def campaigns_by_status(connection: Connection) -> dict[str, int]:
    """Status -> campaigns."""
    rows = connection.execute(sql("SELECT status, COUNT(*) AS number FROM campaigns GROUP BY status"))
    return {row.status: int(row.number) for row in rows}


def accounts_by_state(connection: Connection, *, now: float) -> dict[str, int]:
    """State -> accounts; one whose pause is over counts as ready, although nobody has used it yet."""
    state = "CASE WHEN state IN ('limited', 'backing_off') AND until_at <= :now THEN 'ready' ELSE state END"
    statement = sql(f"SELECT {state} AS current, COUNT(*) AS number FROM accounts GROUP BY 1")
    return {row.current: int(row.number) for row in connection.execute(statement, {"now": now})}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNumbers:
    """What one account has sent for all campaigns, and has under way."""

    id: int
    name: str
    sent: int
    open_intents: int


def account_numbers(connection: Connection, *, at_most: int) -> list[AccountNumbers]:
    """Each account's numbers; nothing at all where there are more accounts than ``at_most``."""
    number = connection.execute(sql("SELECT COUNT(*) FROM accounts")).scalar_one()
    if number > at_most:
        return []
    rows = connection.execute(
        sql(
            "SELECT a.id, a.name, a.open_intents, COALESCE(SUM(ca.sent), 0) AS sent FROM accounts a "
            "LEFT JOIN campaign_accounts ca ON ca.account_id = a.id GROUP BY a.id, a.name, a.open_intents ORDER BY a.id"
        )
    )
    return [AccountNumbers(id=r.id, name=r.name, sent=int(r.sent), open_intents=r.open_intents) for r in rows]


def senders_alive(connection: Connection, *, now: float) -> int:
    """Senders with a valid lease."""
    statement = sql("SELECT COUNT(*) FROM senders WHERE ended_at IS NULL AND lease_until > :now")
    return int(connection.execute(statement, {"now": now}).scalar_one())


def counted_and_kept(connection: Connection, campaign_id: int) -> tuple[dict[str, int], dict[str, int]]:
    """(messages counted one by one, the counters), in one statement, so that both are of the same moment.

    Costs a look at every message of the campaign: for the health check, and not for large campaigns.
    """
    kept = " ".join(
        f"UNION ALL SELECT -1, '{state}', COALESCE(SUM({state}), 0) FROM campaign_counters WHERE campaign_id = :id"
        for state in PUBLIC_STATES
    )
    statement = (
        f"SELECT state, '' AS counter, COUNT(*) AS number FROM messages WHERE campaign_id = :id GROUP BY state {kept}"
    )
    found, counters = dict.fromkeys(PUBLIC_STATES, 0), dict.fromkeys(PUBLIC_STATES, 0)
    for row in connection.execute(sql(statement), {"id": campaign_id}):
        if row.counter:
            counters[row.counter] = int(row.number)
        else:
            found[PUBLIC_NAMES[MessageState(row.state)]] += int(row.number)
    return found, counters
