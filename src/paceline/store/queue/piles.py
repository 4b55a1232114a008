"""Piles: messages that were dealt to an account of a campaign that chooses its accounts, and wait for it in the queue."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql

ON_A_PILE = 9e15
"""``due_at`` of a message on a pile: nobody but its account finds it."""

_STRANDED = (
    "campaign_id = :campaign AND state = 0 AND dealt_to IS NOT NULL AND NOT EXISTS ("
    "SELECT 1 FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id WHERE ca.campaign_id = :campaign "
    "AND ca.account_id = messages.dealt_to AND ca.active = 1 AND a.state NOT IN ('broken', 'disabled') "
    "AND a.lent_to IS NULL AND (:sticky = 1 OR a.until_at IS NULL OR a.until_at <= :now))"
)


def any_stranded(connection: Connection, campaign_id: int, *, sticky: bool, now: float) -> bool:
    """Whether an account that cannot send now has something on its pile; one that only rests keeps sticky recipients."""
    statement = sql(f"SELECT 1 FROM messages WHERE {_STRANDED} LIMIT 1")
    values = {"campaign": campaign_id, "sticky": int(sticky), "now": now}
    return connection.execute(statement, values).one_or_none() is not None


def take_back(connection: Connection, campaign_id: int, *, sticky: bool, now: float) -> None:
    """What is on such piles is dealt anew."""
    statement = sql(f"UPDATE messages SET dealt_to = NULL, due_at = :now WHERE {_STRANDED}")
    connection.execute(statement, {"campaign": campaign_id, "sticky": int(sticky), "now": now})
