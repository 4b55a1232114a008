"""At the controller: campaigns that a worker sends, what was handed to it, and how they come home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.allowance import BUCKET_SECONDS, LONGEST_WINDOW_SECONDS, bucket_of
from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue import suppressions
from paceline.store.queue.tally import Tally

LOST = "lost"
"""The status of a campaign whose worker has begun anew with an empty database: what it had sent is not known."""

_SLOT = -1  # of the counters: no sender has it
_FINE_SECONDS = 7200.0  # within this usage is told by its 10 seconds, before it by quarters of an hour
_QUARTER = 900 // BUCKET_SECONDS
_ACTIVE = "('running', 'paused', 'paused_limits', 'paused_health')"


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


def assign(connection: Connection, campaign_id: int, worker_id: int | None, *, falls_back: bool) -> None:
    """Let a worker send a draft, another one, or (None) this installation itself."""
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


# Messages.


@dataclass(frozen=True, slots=True)
class Handed:
    """A message as the worker gets it."""

    id: int
    address: str
    fields: str


def gather(connection: Connection, campaign_id: int) -> None:
    """What a sender here had claimed and gave back counts as fresh again, so that nothing is left out."""
    connection.execute(
        sql("UPDATE messages SET due_at = NULL WHERE campaign_id = :id AND due_at IS NOT NULL AND state = 0"),
        {"id": campaign_id},
    )


def take_part(
    connection: Connection,
    database: Database,
    campaign_id: int,
    *,
    limit: int,
    workspace_id: int,
    channel: str,
    now: float,
) -> list[Handed]:
    """Mark the next messages as being at the worker, before they are written to it; who is suppressed is skipped.

    From the commit on they are never sent from here unless the worker gives them back.
    """
    rows = connection.execute(
        sql(
            "SELECT id, address, fields FROM messages WHERE campaign_id = :id AND state = 0 AND due_at IS NULL "
            f"ORDER BY id LIMIT :limit {database.lock_rows}"
        ),
        {"id": campaign_id, "limit": limit},
    ).all()
    if not rows:
        return []
    unwanted = suppressions.among(
        connection,
        database,
        [row.address.casefold() for row in rows],
        workspace_id=workspace_id,
        channel=channel,
        now=now,
    )
    tally = Tally()
    for target, wanted in ((MessageState.INTENDED, True), (MessageState.SKIPPED, False)):
        some = [row.id for row in rows if (row.address.casefold() not in unwanted) is wanted]
        if some:
            _set_state(connection, database, some, target, now)
            tally.moved(campaign_id, MessageState.QUEUED, target, len(some))
    tally.write(connection, database, slot=_SLOT, now=now)
    update(connection, campaign_id, cursor=rows[-1].id)
    return [Handed(row.id, row.address, row.fields) for row in rows if row.address.casefold() not in unwanted]


def part_again(connection: Connection, campaign_id: int, *, after: int, upto: int, limit: int) -> list[Handed]:
    """Messages that were marked and perhaps did not arrive."""
    rows = connection.execute(
        sql(
            "SELECT id, address, fields FROM messages WHERE id > :after AND id <= :upto AND campaign_id = :id "
            "AND state = 2 AND lease = 0 ORDER BY id LIMIT :limit"
        ),
        {"id": campaign_id, "after": after, "upto": upto, "limit": limit},
    )
    return [Handed(row.id, row.address, row.fields) for row in rows]


def fresh_left(connection: Connection, campaign_id: int) -> bool:
    """Whether there is a message that was not handed over."""
    statement = sql("SELECT 1 FROM messages WHERE campaign_id = :id AND state = 0 AND due_at IS NULL LIMIT 1")
    return connection.execute(statement, {"id": campaign_id}).one_or_none() is not None


def at_the_worker(connection: Connection, campaign_id: int) -> int:
    """How many messages of a campaign are at its worker, by the counters; only while it has all of them."""
    statement = sql("SELECT COALESCE(SUM(sending + deferred), 0) FROM campaign_counters WHERE campaign_id = :id")
    return int(connection.execute(statement, {"id": campaign_id}).scalar_one())


def held_by_the_worker(connection: Connection, campaign_id: int) -> bool:
    """Whether a message of a campaign is at its worker, by looking for one; seldom asked."""
    statement = sql("SELECT 1 FROM messages WHERE campaign_id = :id AND lease = 0 AND state IN (2, 3) LIMIT 1")
    return connection.execute(statement, {"id": campaign_id}).one_or_none() is not None


def give_up(
    database: Database, campaign_id: int, target: MessageState, *, reason: str | None, now: float, part: int = 2000
) -> int:
    """Move everything that is at the worker to another state, in parts: queued when it surely was not sent, else uncertain.

    A second call finds nothing left. Returns how many.
    """
    total = 0
    after = 0
    while True:
        with database.write() as connection:
            rows = connection.execute(
                sql(
                    "SELECT id, state FROM messages WHERE campaign_id = :id AND id > :after AND lease = 0 "
                    f"AND state IN (2, 3) ORDER BY id LIMIT :part {database.lock_rows}"
                ),
                {"id": campaign_id, "after": after, "part": part},
            ).all()
            if not rows:
                return total
            _set_state(connection, database, [row.id for row in rows], target, now, reason)
            tally = Tally()
            for row in rows:
                tally.moved(campaign_id, MessageState(row.state), target)
            tally.write(connection, database, slot=_SLOT, now=now)
        after = rows[-1].id
        total += len(rows)


def _set_state(
    connection: Connection,
    database: Database,
    ids: Sequence[int],
    target: MessageState,
    now: float,
    reason: str | None = None,
) -> None:
    rows = database.rows("rows", id="integer")
    connection.execute(
        sql(
            "UPDATE messages SET state = :state, due_at = NULL, at = :now, reply = COALESCE(:reason, reply) "
            f"WHERE id IN ({rows})"
        ),
        {"rows": rows_json([number] for number in ids), "state": int(target), "now": now, "reason": reason},
    )


def _row(row: Any) -> RemoteCampaign:
    flags = ("falls_back", "taking_home", "discard")
    return RemoteCampaign(**{**row._mapping, **{name: bool(row._mapping[name]) for name in flags}})
