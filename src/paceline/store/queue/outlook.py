"""What a forecast has to know of a campaign and its accounts: pace, usage by what their limits need, and what waits."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import BUCKET_SECONDS, LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.accounts import AccountStanding

_BLOCK = 90  # buckets: a quarter of an hour, and windows of hours and days begin with one
_FINE_SECONDS = 2 * 3600.0
_MOST_WAITING = 20_000
_SAMPLES, _SAMPLE = 20, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where an account's pace and usage stand. Older usage may be summed up by quarters of an hour."""

    next_at: float = 0.0
    usage: tuple[tuple[int, int], ...] = ()
    messages_per_second: float | None = None
    """What its provider allows, where it says so."""


def stands(
    connection: Connection, database: Database, standings: Sequence[AccountStanding], *, now: float
) -> dict[int, Stand]:
    """Account id -> its stand: as far back as its limits reach, and never less than two hours."""
    if not standings:
        return {}
    fine = bucket_of(now - _FINE_SECONDS)
    wanted = []
    for standing in standings:
        first = bucket_of(now - max(_reach_seconds(standing.limits), _FINE_SECONDS))
        wanted.append([standing.id, first, first if standing.limits.window is Window.ROLLING else fine])
    rows = database.rows("rows", id="integer", first="integer", fine="integer")
    used: dict[int, list[tuple[int, int]]] = {}
    statement = sql(
        "SELECT account_id, slot, SUM(count) AS count FROM (SELECT u.account_id, u.count, CASE WHEN u.bucket >= r.fine "
        f"THEN u.bucket ELSE u.bucket - u.bucket % {_BLOCK} + {_BLOCK - 1} END AS slot FROM ({rows}) AS r "
        "JOIN usage u ON u.account_id = r.id AND u.bucket >= r.first) AS s GROUP BY account_id, slot ORDER BY account_id, slot"
    )
    for row in connection.execute(statement, {"rows": rows_json(wanted)}):
        used.setdefault(row.account_id, []).append((int(row.slot), int(row[2])))
    paces = sql(f"SELECT id, next_at, login FROM accounts WHERE id IN (SELECT id FROM ({rows}) AS r)")
    return {
        row.id: Stand(
            next_at=row.next_at,
            usage=tuple(used.get(row.id, ())),
            messages_per_second=json.loads(row.login).get("messages_per_second"),
        )
        for row in connection.execute(paces, {"rows": rows_json(wanted)})
    }


def _reach_seconds(limits: Limits) -> float:
    if limits.month:
        return LONGEST_WINDOW_SECONDS
    return 25 * 3600.0 + _BLOCK * BUCKET_SECONDS if limits.day or limits.hour or limits.warm_up else 0.0


def numbers_of(
    connection: Connection, database: Database, identities: Sequence[str], *, workspace_id: int, channel: str
) -> dict[str, int]:
    """Identity -> id of the accounts that are stored already, deleted ones too: their usage counts."""
    rows = database.rows("rows", identity="text")
    statement = sql(
        f"SELECT identity, id FROM accounts WHERE workspace_id = :workspace AND channel = :channel "
        f"AND identity IN (SELECT identity FROM ({rows}) AS r)"
    )
    values = {"rows": rows_json([one] for one in identities), "workspace": workspace_id, "channel": channel}
    return {row.identity: row.id for row in connection.execute(statement, values)}


def layer_usage(connection: Connection, layer_id: int, *, now: float) -> tuple[tuple[int, int], ...]:
    """(bucket, count) of what counts in a limit above accounts."""
    statement = sql("SELECT bucket, count FROM layer_usage WHERE layer_id = :id AND bucket >= :first ORDER BY bucket")
    values = {"id": layer_id, "first": bucket_of(now - LONGEST_WINDOW_SECONDS)}
    return tuple((int(row[0]), int(row[1])) for row in connection.execute(statement, values))


def connection_limits(connection: Connection, *, workspace_id: int) -> dict[str, int]:
    """Host -> connections that all its accounts may have together, where a person limits them."""
    statement = sql("SELECT host, max_connections FROM servers WHERE workspace_id = :workspace")
    return {row.host: row.max_connections for row in connection.execute(statement, {"workspace": workspace_id})}


def next_slot(connection: Connection, campaign_id: int) -> float:
    """Where the campaign's own pace stands."""
    return float(
        connection.execute(sql("SELECT next_at FROM campaigns WHERE id = :id"), {"id": campaign_id}).scalar_one()
    )


class Again(NamedTuple):
    """A message that may be claimed from a later moment on."""

    due_at: float
    attempt: int
    address: str


def waiting(connection: Connection, campaign_id: int, *, now: float) -> tuple[list[Again], int]:
    """What is tried again later or was put off, the first moment first; and how many more there are behind the last one."""
    values = {"id": campaign_id, "now": now, "limit": _MOST_WAITING}
    where = "campaign_id = :id AND due_at IS NOT NULL AND due_at > :now AND due_at < 1e15"
    statement = sql(f"SELECT due_at, attempt, address FROM messages WHERE {where} ORDER BY due_at LIMIT :limit")
    listed = [Again(row.due_at, row.attempt, row.address) for row in connection.execute(statement, values)]
    if len(listed) < _MOST_WAITING:
        return listed, 0
    count = connection.execute(sql(f"SELECT COUNT(*) FROM messages WHERE {where}"), values).scalar_one()
    return listed, int(count) - len(listed)


def some_addresses(connection: Connection, campaign_id: int) -> list[str]:
    """Recipients whom nobody has looked at yet: all of a small campaign, of a large one some from everywhere in it."""
    fresh = "campaign_id = :id AND state = 0 AND due_at IS NULL"
    first, last = connection.execute(
        sql(
            f"SELECT (SELECT MIN(id) FROM messages WHERE {fresh}) AS first, "
            f"(SELECT MAX(id) FROM messages WHERE {fresh}) AS last"
        ),
        {"id": campaign_id},
    ).one()
    if first is None:
        return []
    some = sql(f"SELECT address FROM messages WHERE {fresh} AND id >= :first AND id < :last ORDER BY id LIMIT :limit")
    step = -(-(last + 1 - first) // _SAMPLES)
    found: list[str] = []
    for begin in range(first, last + 1, step):
        values = {"id": campaign_id, "first": begin, "last": begin + step, "limit": _SAMPLE}
        found += connection.execute(some, values).scalars()
    return found


class Rival(NamedTuple):
    """A campaign that goes on by itself and is sent through some of the same accounts."""

    campaign_id: int
    left: int
    weight: float
    rate_per_minute: float
    pacing: str | None
    account_ids: frozenset[int]
    """All its accounts."""


def rivals(connection: Connection, campaign_id: int | None, account_ids: Collection[int]) -> list[Rival]:
    """The other campaigns on these accounts that are sent now, or as soon as their limits allow.

    As senders do, those are left out that nobody sends: a campaign that somebody interrupted is not sent along.
    """
    if not account_ids:
        return []
    marks = ", ".join(str(int(number)) for number in account_ids)
    rows = connection.execute(
        sql(
            "SELECT c.id, c.weight, c.rate_per_minute, c.pacing, (SELECT COALESCE(SUM(queued + sending + deferred), 0) "
            "FROM campaign_counters WHERE campaign_id = c.id) AS unended FROM campaigns c "
            "WHERE c.status IN ('running', 'paused_limits') AND c.id <> :own AND EXISTS (SELECT 1 FROM campaign_accounts ca "
            f"WHERE ca.campaign_id = c.id AND ca.active = 1 AND ca.account_id IN ({marks})) AND EXISTS (SELECT 1 FROM "
            "senders s WHERE s.ended_at IS NULL AND (s.campaign_id = c.id OR s.campaign_id IS NULL)) ORDER BY c.id"
        ),
        {"own": campaign_id or 0},
    ).all()
    mine = sql("SELECT account_id FROM campaign_accounts WHERE campaign_id = :id AND active = 1")
    return [
        Rival(
            campaign_id=row.id,
            left=int(row.unended),
            weight=row.weight,
            rate_per_minute=row.rate_per_minute,
            pacing=row.pacing,
            account_ids=frozenset(connection.execute(mine, {"id": row.id}).scalars()),
        )
        for row in rows
        if row.unended
    ]
