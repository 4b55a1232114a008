"""At the controller: what is to be carried to its workers besides suppressions, and is kept until they have taken it.

Each is written in the transaction of the change itself, so that none can be forgotten: a suppression that was lifted,
messages that are withheld because their recipient has left the list, people who are erased, drafts that are not for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql
from paceline.store.queue import leaving

LIFT, WITHHOLD, ERASE, DISCARD = "lift", "withhold", "erase", "discard"

_AT_THE_WORKER = "m.lease = 0 AND m.state IN (2, 3)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing to carry; which columns are there depends on its kind."""

    id: int
    kind: str
    channel: str | None
    address: str | None
    campaign_id: int | None
    message_id: int | None
    reason: str | None
    at: float


def lifted(connection: Connection, address: str, *, workspace_id: int, channel: str, made_at: float) -> None:
    """A suppression that was made then is lifted: every worker of the workspace is to know."""
    connection.execute(
        sql(
            "INSERT INTO worker_errands (worker_id, kind, channel, address, at) "
            f"SELECT id, '{LIFT}', :channel, :address, CAST(:at AS DOUBLE PRECISION) FROM workers "
            "WHERE workspace_id = :workspace"
        ),
        {"workspace": workspace_id, "channel": channel, "address": address.casefold(), "at": made_at},
    )


def erased(connection: Connection, address: str, *, workspace_id: int, now: float) -> None:
    """A person is erased: every worker of the workspace is to do so, too."""
    connection.execute(
        sql(
            "INSERT INTO worker_errands (worker_id, kind, address, at) "
            f"SELECT id, '{ERASE}', :address, CAST(:at AS DOUBLE PRECISION) FROM workers WHERE workspace_id = :workspace"
        ),
        {"workspace": workspace_id, "address": address, "at": now},
    )


def withhold(connection: Connection, database: Database, message_ids: Sequence[int], *, reason: str, now: float) -> int:
    """Those of these messages that are at a worker are not to be sent; returns how many. A second call adds none."""
    rows = database.rows("rows", id="integer")
    return connection.execute(
        sql(
            "INSERT INTO worker_errands (worker_id, kind, campaign_id, message_id, reason, at) "
            f"SELECT c.worker_id, '{WITHHOLD}', m.campaign_id, m.id, :reason, CAST(:now AS DOUBLE PRECISION) "
            "FROM messages m JOIN remote_campaigns c ON c.campaign_id = m.campaign_id AND c.closed_at IS NULL "
            f"WHERE m.id IN ({rows}) AND {_AT_THE_WORKER} AND NOT EXISTS "
            "(SELECT 1 FROM worker_errands e WHERE e.campaign_id = m.campaign_id AND e.message_id = m.id "
            f"AND e.kind = '{WITHHOLD}')"
        ),
        {"rows": rows_json([number] for number in message_ids), "reason": reason, "now": now},
    ).rowcount


def discard(connection: Connection, campaign_id: int, worker_id: int, *, now: float) -> None:
    """A worker is to forget a campaign that it was prepared for and never started. A second call adds nothing."""
    connection.execute(
        sql(
            "INSERT INTO worker_errands (worker_id, kind, campaign_id, at) "
            f"SELECT id, '{DISCARD}', :campaign, CAST(:now AS DOUBLE PRECISION) FROM workers WHERE id = :worker "
            "AND NOT EXISTS (SELECT 1 FROM worker_errands e WHERE e.worker_id = :worker "
            f"AND e.campaign_id = :campaign AND e.kind = '{DISCARD}')"
        ),
        {"worker": worker_id, "campaign": campaign_id, "now": now},
    )


def keep(connection: Connection, campaign_id: int, worker_id: int) -> None:
    """A worker is to have the campaign after all."""
    connection.execute(
        sql(f"DELETE FROM worker_errands WHERE worker_id = :worker AND campaign_id = :campaign AND kind = '{DISCARD}'"),
        {"worker": worker_id, "campaign": campaign_id},
    )


def untold(connection: Connection, worker_id: int, *, after: int, limit: int) -> list[Errand]:
    """What is to be carried to a worker behind this one, the oldest first.

    Nothing is withheld from one that has lost the campaign: it would never find it.
    """
    rows = connection.execute(
        sql(
            "SELECT id, kind, channel, address, campaign_id, message_id, reason, at FROM worker_errands "
            "WHERE worker_id = :worker AND told_at IS NULL AND id > :after "
            f"AND NOT (kind = '{WITHHOLD}' AND campaign_id IN "
            "(SELECT campaign_id FROM remote_campaigns WHERE worker_id = :worker AND status = 'lost')) "
            "ORDER BY id LIMIT :limit"
        ),
        {"worker": worker_id, "after": after, "limit": limit},
    )
    return [Errand(**row._mapping) for row in rows]


def told(connection: Connection, database: Database, ids: Sequence[int], *, now: float) -> None:
    """The worker has taken these. What is withheld stays on record until its campaign has come home."""
    rows = database.rows("rows", id="integer")
    values: dict[str, Any] = {"rows": rows_json([number] for number in ids)}
    connection.execute(sql(f"DELETE FROM worker_errands WHERE kind <> '{WITHHOLD}' AND id IN ({rows})"), values)
    connection.execute(sql(f"UPDATE worker_errands SET told_at = :now WHERE id IN ({rows})"), {**values, "now": now})


def withheld(connection: Connection, campaign_id: int) -> dict[int, str]:
    """The messages of a campaign that are not to be sent, and why, told or not."""
    rows = connection.execute(
        sql(f"SELECT message_id, reason FROM worker_errands WHERE campaign_id = :id AND kind = '{WITHHOLD}'"),
        {"id": campaign_id},
    )
    return {row.message_id: row.reason for row in rows}


def tell_again(connection: Connection, worker_id: int) -> None:
    """The worker has another database: what is withheld is told to that as well."""
    connection.execute(sql("UPDATE worker_errands SET told_at = NULL WHERE worker_id = :id"), {"id": worker_id})


def forget_settled(connection: Connection, worker_id: int) -> None:
    """Nothing is withheld of what is not at the worker any more."""
    connection.execute(
        sql(
            f"DELETE FROM worker_errands WHERE worker_id = :id AND kind = '{WITHHOLD}' AND told_at IS NULL "
            f"AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = worker_errands.message_id AND {_AT_THE_WORKER})"
        ),
        {"id": worker_id},
    )


def settle_campaign(connection: Connection, database: Database, campaign_id: int, *, now: float) -> None:
    """Nothing of a campaign is at a worker any more: what is withheld of that which came back is skipped here."""
    reasons = withheld(connection, campaign_id)
    for reason in dict.fromkeys(reasons.values()):
        some = [message_id for message_id, why in reasons.items() if why == reason]
        leaving.end_as_skipped(connection, database, some, reason=reason, now=now)
    statement = sql(f"DELETE FROM worker_errands WHERE campaign_id = :id AND kind = '{WITHHOLD}'")
    connection.execute(statement, {"id": campaign_id})
