"""The next moment at which something changes for a campaign by itself."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import Database, sql

_CLAIM_AHEAD_SECONDS = 2.0  # as far as a claim reaches into a campaign's pace

_ACCOUNT = sql(
    "SELECT MIN(a.until_at) FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = :id AND ca.active = 1 AND a.until_at > :now"
)
_DUE = sql("SELECT MIN(due_at) FROM messages WHERE campaign_id = :id AND due_at IS NOT NULL AND due_at > :now")
_SLOT = sql("SELECT next_at FROM campaigns WHERE id = :id AND rate_per_minute > 0")


def next_moment(database: Database, connection: Connection, campaign_id: int, *, now: float) -> float | None:
    """When an account's rest ends, a deferred message is due, or the campaign's pace has a slot; None: nothing is set."""
    values = {"id": campaign_id, "now": now}
    moments = [rows[0][0] for rows in (database.fetch(connection, one, values) for one in (_ACCOUNT, _DUE)) if rows]
    slots = database.fetch(connection, _SLOT, {"id": campaign_id})
    if slots and slots[0][0] - _CLAIM_AHEAD_SECONDS > now:
        moments.append(slots[0][0] - _CLAIM_AHEAD_SECONDS)
    return min((moment for moment in moments if moment is not None), default=None)
