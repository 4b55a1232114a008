"""Soft bounces of an address: one per message, counted until they are enough."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.store.database import sql


def count_one_more(
    connection: Connection, address: str, *, workspace_id: int, message_id: int, at: float, since: float
) -> int:
    """Keep a soft bounce; returns how many different messages to this address have bounced since an instant."""
    values = {"workspace": workspace_id, "address": address.casefold(), "message": message_id, "at": at, "since": since}
    connection.execute(
        sql(
            "INSERT INTO soft_bounces (workspace_id, address, message_id, at) "
            "VALUES (:workspace, :address, :message, :at) ON CONFLICT DO NOTHING"
        ),
        values,
    )
    statement = (
        "SELECT COUNT(*) FROM soft_bounces WHERE workspace_id = :workspace AND address = :address AND at >= :since"
    )
    return int(connection.execute(sql(statement), values).scalar_one())
