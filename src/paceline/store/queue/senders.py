"""Senders: who is alive, since when, and until when it may hand anything over."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import sql

_SLOTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A sender as the database knows it."""

    id: int
    process: str
    lease_until: float
    account_ids: tuple[int, ...]


def register(
    connection: Connection, *, process: str, campaign_id: int | None, now: float, lease_until: float
) -> tuple[int, int]:
    """A new sender; returns its id and its counter slot."""
    sender_id = connection.execute(
        sql(
            "INSERT INTO senders (slot, process, campaign_id, started_at, lease_until) "
            "VALUES (0, :process, :campaign, :now, :until) RETURNING id"
        ),
        {"process": process, "campaign": campaign_id, "now": now, "until": lease_until},
    ).scalar_one()
    slot = int(sender_id) % _SLOTS
    connection.execute(sql("UPDATE senders SET slot = :slot WHERE id = :id"), {"slot": slot, "id": sender_id})
    return int(sender_id), slot


def renew(connection: Connection, sender_id: int, *, lease_until: float) -> bool:
    """Extend a sender's lease; False when it has been declared ended."""
    statement = "UPDATE senders SET lease_until = :until WHERE id = :id AND ended_at IS NULL"
    return connection.execute(sql(statement), {"until": lease_until, "id": sender_id}).rowcount == 1


def end(connection: Connection, sender_id: int, *, now: float) -> None:
    """A sender has left, or is known to be dead. Its accounts must have been given back or rescued."""
    connection.execute(
        sql("UPDATE senders SET ended_at = :now WHERE id = :id AND ended_at IS NULL"), {"now": now, "id": sender_id}
    )


def holdings(connection: Connection, sender_id: int, *, campaign_id: int | None, now: float) -> dict[int, int]:
    """Sender id -> the accounts that it holds: this sender, and all that are alive and send the same as it does."""
    rows = connection.execute(
        sql(
            "SELECT s.id, COUNT(a.id) AS held FROM senders s LEFT JOIN accounts a ON a.sender_id = s.id "
            "WHERE s.id = :own OR (s.ended_at IS NULL AND s.lease_until > :now "
            "AND COALESCE(s.campaign_id, 0) = :campaign) GROUP BY s.id"
        ),
        {"own": sender_id, "now": now, "campaign": campaign_id or 0},
    )
    return {row.id: row.held for row in rows}


def living(connection: Connection) -> list[SenderRow]:
    """Every sender that has not ended, and any that ended with accounts in its hands, with those accounts."""
    rows = connection.execute(
        sql(
            "SELECT s.id, s.process, s.lease_until, a.id AS account_id FROM senders s "
            "LEFT JOIN accounts a ON a.sender_id = s.id WHERE s.ended_at IS NULL OR a.id IS NOT NULL ORDER BY s.id"
        )
    ).all()
    held: dict[int, list[int]] = {}
    for row in rows:
        held.setdefault(row.id, []).extend([] if row.account_id is None else [row.account_id])
    return [
        SenderRow(id=row.id, process=row.process, lease_until=row.lease_until, account_ids=tuple(held[row.id]))
        for row in {row.id: row for row in rows}.values()
    ]
