"""At the controller: campaigns that a worker sends, their accounts that are lent to it, and how they come home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.allowance import BUCKET_SECONDS, LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import sql
from paceline.store.queue import worker_errands

LOST = "lost"
"""The status of a campaign whose worker has begun anew with an empty database: what it had sent is not known."""

_FINE_SECONDS = 7200.0  # within this usage is told by its 10 seconds, before it by quarters of an hour
_QUARTER = 900 // BUCKET_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteCampaign:
    """A campaign that a worker sends, or is to send."""

    campaign_id: int
    worker_id: int
    falls_back: bool
    revision: int
    initialized: int
    cursor: int
    handed_at: float | None
    start_written_at: float | None
    started_at: float | None
    status: str | None
    pause_reason: str | None
    seen_at: float | None
    taking_home: bool
    closed_at: float | None
    discard: bool
    trouble: str | None
    next_try_at: float


def assign(connection: Connection, campaign_id: int, worker_id: int | None, *, falls_back: bool, now: float) -> None:
    """Let a worker send a draft, another one, or (None) this installation itself; the former one is to forget it."""
    before = get(connection, campaign_id)
    if before is not None and before.worker_id != worker_id:
        worker_errands.discard(connection, campaign_id, before.worker_id, now=now)
    if worker_id is not None:
        worker_errands.keep(connection, campaign_id, worker_id)
    if worker_id is None:
        connection.execute(sql("DELETE FROM remote_campaigns WHERE campaign_id = :id"), {"id": campaign_id})
        return
    connection.execute(
        sql(
            "INSERT INTO remote_campaigns (campaign_id, worker_id, falls_back) VALUES (:id, :worker, :falls) "
            "ON CONFLICT (campaign_id) DO UPDATE SET falls_back = excluded.falls_back, initialized = "
            "CASE WHEN remote_campaigns.worker_id = excluded.worker_id THEN remote_campaigns.initialized ELSE 0 END, "
            "worker_id = excluded.worker_id, trouble = NULL"
        ),
        {"id": campaign_id, "worker": worker_id, "falls": int(falls_back)},
    )


def raise_revision(connection: Connection, campaign_id: int) -> None:
    """The campaign has changed: the worker must hear of it. Nothing happens for one that is sent from here."""
    connection.execute(
        sql(
            "UPDATE remote_campaigns SET revision = revision + 1, next_try_at = 0 "
            "WHERE campaign_id = :id AND closed_at IS NULL"
        ),
        {"id": campaign_id},
    )


def get(connection: Connection, campaign_id: int) -> RemoteCampaign | None:
    """What is known of a campaign at a worker; None: it is sent from here."""
    row = connection.execute(
        sql("SELECT * FROM remote_campaigns WHERE campaign_id = :id"), {"id": campaign_id}
    ).one_or_none()
    return None if row is None else _row(row)


def open_ones(connection: Connection, worker_id: int) -> list[RemoteCampaign]:
    """The campaigns of a worker that are not closed, or that it has to forget."""
    rows = connection.execute(
        sql(
            "SELECT * FROM remote_campaigns WHERE worker_id = :id AND (closed_at IS NULL OR discard = 1) "
            "ORDER BY campaign_id"
        ),
        {"id": worker_id},
    )
    return [_row(row) for row in rows]


def of_worker(connection: Connection, worker_id: int) -> set[int]:
    """The campaigns about which a worker may tell."""
    rows = connection.execute(sql("SELECT campaign_id FROM remote_campaigns WHERE worker_id = :id"), {"id": worker_id})
    return set(rows.scalars())


def update(connection: Connection, campaign_id: int, **values: Any) -> None:
    """Set these columns."""
    words = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        sql(f"UPDATE remote_campaigns SET {words} WHERE campaign_id = :id"), {"id": campaign_id, **values}
    )


def trouble_of_all(connection: Connection, worker_id: int, reason: str) -> None:
    """What keeps every open campaign of a worker from going on."""
    connection.execute(
        sql("UPDATE remote_campaigns SET trouble = :reason WHERE worker_id = :id AND closed_at IS NULL"),
        {"id": worker_id, "reason": reason[:500]},
    )


def lose(connection: Connection, worker_id: int, reason: str) -> None:
    """A worker's database is another one: what had started there is lost, what had not is initialized again."""
    connection.execute(
        sql(
            "UPDATE remote_campaigns SET initialized = 0, trouble = :reason, "
            "status = CASE WHEN start_written_at IS NULL THEN NULL ELSE :lost END "
            "WHERE worker_id = :id AND closed_at IS NULL"
        ),
        {"id": worker_id, "reason": reason[:500], "lost": LOST},
    )


# Accounts.


def lend_accounts(connection: Connection, campaign_id: int) -> None:
    """Lend the accounts of a campaign to its worker, when it starts: in the transaction of the move.

    From its commit on no sender here leases them, and whoever holds one loses the right to hand anything over with it. One
    that is lent to another worker stays there. Nothing happens for a campaign that is sent from here.
    """
    connection.execute(
        sql(
            "UPDATE accounts SET revision = revision + 1, lent_to = "
            "(SELECT worker_id FROM remote_campaigns WHERE campaign_id = :id AND closed_at IS NULL) "
            "WHERE lent_to IS NULL "
            "AND id IN (SELECT account_id FROM campaign_accounts WHERE campaign_id = :id AND active = 1) "
            "AND EXISTS (SELECT 1 FROM remote_campaigns WHERE campaign_id = :id AND closed_at IS NULL)"
        ),
        {"id": campaign_id},
    )


def return_accounts(connection: Connection, worker_id: int) -> int:
    """Take back the accounts that no open campaign of a worker needs any more; returns how many."""
    return connection.execute(
        sql(
            "UPDATE accounts SET lent_to = NULL, revision = revision + 1 WHERE lent_to = :worker AND id NOT IN "
            "(SELECT ca.account_id FROM remote_campaigns r JOIN campaign_accounts ca ON ca.campaign_id = r.campaign_id "
            "AND ca.active = 1 WHERE r.worker_id = :worker AND r.closed_at IS NULL)"
        ),
        {"worker": worker_id},
    ).rowcount


def accounts_elsewhere(connection: Connection, campaign_id: int, worker_id: int) -> list[str]:
    """The names of accounts of a campaign that its worker cannot use yet: a sender here or another worker has them."""
    rows = connection.execute(
        sql(
            "SELECT a.name FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
            "WHERE ca.campaign_id = :id AND ca.active = 1 "
            "AND (a.sender_id IS NOT NULL OR a.lent_to IS NULL OR a.lent_to <> :worker) ORDER BY ca.position"
        ),
        {"id": campaign_id, "worker": worker_id},
    )
    return list(rows.scalars())


def lent_accounts(connection: Connection, campaign_id: int) -> list[tuple[str, str]]:
    """(account, worker) by their names, of the accounts of a campaign that are lent."""
    rows = connection.execute(
        sql(
            "SELECT a.name AS account, w.name AS worker FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
            "JOIN workers w ON w.id = a.lent_to WHERE ca.campaign_id = :id AND ca.active = 1 ORDER BY ca.position"
        ),
        {"id": campaign_id},
    )
    return [(row.account, row.worker) for row in rows]


def usage_to_lend(connection: Connection, account_id: int, *, now: float) -> list[tuple[int, int]]:
    """What an account has used, for the worker that borrows it: what is older than two hours by quarters of an hour.

    A quarter counts from its last ten seconds on, so that no rolling window forgets any of it too early.
    """
    fine_from = bucket_of(now - _FINE_SECONDS) // _QUARTER * _QUARTER
    rows = connection.execute(
        sql("SELECT bucket, count FROM usage WHERE account_id = :id AND bucket >= :first ORDER BY bucket"),
        {"id": account_id, "first": bucket_of(now - LONGEST_WINDOW_SECONDS)},
    )
    counts: dict[int, int] = {}
    for bucket, count in rows:
        at = bucket if bucket >= fine_from else bucket // _QUARTER * _QUARTER + _QUARTER - 1
        counts[at] = counts.get(at, 0) + count
    return sorted(counts.items())


def next_slot(connection: Connection, account_id: int) -> float:
    """The next free slot of an account's pace."""
    return float(
        connection.execute(sql("SELECT next_at FROM accounts WHERE id = :id"), {"id": account_id}).scalar_one()
    )


def _row(row: Any) -> RemoteCampaign:
    flags = ("falls_back", "taking_home", "discard")
    return RemoteCampaign(**{**row._mapping, **{name: bool(row._mapping[name]) for name in flags}})
