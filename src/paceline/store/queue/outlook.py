"""What a forecast has to know of a campaign and its accounts: pace, usage by what their limits need, and what waits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.account import Limits, Window
from paceline.domain.allowance import BUCKET_SECONDS, LONGEST_WINDOW_SECONDS, bucket_of
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.accounts import AccountStanding

_BLOCK = 90  # buckets: a quarter of an hour, and windows of hours and days begin with one
_FINE_SECONDS = 2 * 3600.0
_MOST_WAITING = 20_000


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


def waiting(connection: Connection, campaign_id: int, *, now: float) -> tuple[tuple[float, int], ...]:
    """(moment, messages) of what is tried again later, the first moment first; of very many the rest at the last one."""
    values = {"id": campaign_id, "now": now, "limit": _MOST_WAITING}
    where = "campaign_id = :id AND due_at IS NOT NULL AND due_at > :now AND due_at < 1e15"
    rows = connection.execute(sql(f"SELECT due_at FROM messages WHERE {where} ORDER BY due_at LIMIT :limit"), values)
    minutes: dict[float, int] = {}
    listed = 0
    for (due_at,) in rows:
        minute = float(-(-due_at // 60) * 60)
        minutes[minute] = minutes.get(minute, 0) + 1
        listed += 1
    if listed == _MOST_WAITING:
        count = connection.execute(sql(f"SELECT COUNT(*) FROM messages WHERE {where}"), values).scalar_one()
        last = max(minutes)
        minutes[last] += int(count) - listed
    return tuple(sorted(minutes.items()))
