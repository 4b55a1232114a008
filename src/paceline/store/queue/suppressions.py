"""Suppression: addresses that get nothing, per workspace and channel; tested again in every intent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.store.database import Database, sql
from paceline.store.queue import worker_errands


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One address, why it is suppressed, and until when (None: for ever)."""

    address: str
    reason: str
    source: str
    created_at: float
    expires_at: float | None


def suppress(
    connection: Connection,
    addresses: list[str],
    *,
    workspace_id: int,
    channel: str,
    reason: str,
    source: str,
    now: float,
    expires_at: float | None = None,
) -> int:
    """Suppress addresses; those that are already, for as long or longer, keep their reason. Returns how many are new."""
    added = 0
    for address in addresses:
        added += connection.execute(
            sql(
                "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at, expires_at) "
                "VALUES (:workspace, :channel, :address, :reason, :source, :now, :expires) "
                "ON CONFLICT (workspace_id, channel, address) DO UPDATE SET reason = excluded.reason, "
                "source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at "
                "WHERE suppressions.expires_at IS NOT NULL "
                "AND (excluded.expires_at IS NULL OR excluded.expires_at > suppressions.expires_at)"
            ),
            {
                "workspace": workspace_id,
                "channel": channel,
                "address": address.casefold(),
                "reason": reason,
                "source": source,
                "now": now,
                "expires": expires_at,
            },
        ).rowcount
    return added


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuppression:
    """An address to suppress, and until when (None: for ever)."""

    address: str
    reason: str
    expires_at: float | None = None


def suppress_many(
    connection: Connection,
    database: Database,
    new: Sequence[NewSuppression],
    *,
    workspace_id: int,
    channel: str,
    source: str,
    now: float,
) -> int:
    """The same as ``suppress`` for many at once; of an address that comes twice the first counts."""
    first: dict[str, NewSuppression] = {}
    for one in new:
        first.setdefault(one.address.casefold(), one)
    if not first:
        return 0
    rows = database.rows("rows", address="text", reason="text", expires_at="number")
    return connection.execute(
        sql(
            "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at, expires_at) "
            f"SELECT {int(workspace_id)}, :channel, address, reason, :source, :now, expires_at FROM ({rows}) AS r "
            "WHERE true ON CONFLICT (workspace_id, channel, address) DO UPDATE SET reason = excluded.reason, "
            "source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at "
            "WHERE suppressions.expires_at IS NOT NULL "
            "AND (excluded.expires_at IS NULL OR excluded.expires_at > suppressions.expires_at)"
        ),
        {
            "rows": json.dumps([[key, one.reason, one.expires_at] for key, one in sorted(first.items())]),
            "channel": channel,
            "source": source,
            "now": now,
        },
    ).rowcount


def find(connection: Connection, address: str, *, workspace_id: int, channel: str, now: float) -> Suppression | None:
    """How an address is suppressed now; None when it is not."""
    row = connection.execute(
        sql(
            "SELECT address, reason, source, created_at, expires_at FROM suppressions WHERE workspace_id = :workspace "
            "AND channel = :channel AND address = :address AND (expires_at IS NULL OR expires_at > :now)"
        ),
        {"workspace": workspace_id, "channel": channel, "address": address.casefold(), "now": now},
    ).one_or_none()
    return None if row is None else Suppression(**row._mapping)


def lift(connection: Connection, address: str, *, workspace_id: int, channel: str) -> bool:
    """Take an address off the list, at remote workers as well; False when it was not on it."""
    statement = sql(
        "DELETE FROM suppressions WHERE workspace_id = :workspace AND channel = :channel AND address = :address "
        "RETURNING created_at"
    )
    values = {"workspace": workspace_id, "channel": channel, "address": address.casefold()}
    made_at = connection.execute(statement, values).scalar_one_or_none()
    if made_at is None:
        return False
    worker_errands.lifted(connection, address, workspace_id=workspace_id, channel=channel, made_at=made_at)
    return True


def after(connection: Connection, address: str, limit: int, *, workspace_id: int, channel: str) -> list[Suppression]:
    """The next suppressed addresses behind this one, in order."""
    rows = connection.execute(
        sql(
            "SELECT address, reason, source, created_at, expires_at FROM suppressions "
            "WHERE workspace_id = :workspace AND channel = :channel AND address > :address ORDER BY address LIMIT :limit"
        ),
        {"workspace": workspace_id, "channel": channel, "address": address, "limit": limit},
    )
    return [Suppression(**row._mapping) for row in rows]


def listing(database: Database, *, workspace_id: int, channel: str) -> Iterator[Suppression]:
    """Every suppressed address in order, read page by page."""
    address = ""
    while True:
        with database.read() as connection:
            page = after(connection, address, _PAGE, workspace_id=workspace_id, channel=channel)
        yield from page
        if len(page) < _PAGE:
            return
        address = page[-1].address


_PAGE = 1000


def among(
    connection: Connection, database: Database, addresses: list[str], *, workspace_id: int, channel: str, now: float
) -> set[str]:
    """Those of these case-folded addresses that are suppressed now."""
    if not addresses:
        return set()
    keys = database.rows("rows", address="text")
    found = connection.execute(
        sql(
            f"SELECT s.address FROM ({keys}) AS r JOIN suppressions s ON s.workspace_id = :workspace "
            "AND s.channel = :channel AND s.address = r.address WHERE s.expires_at IS NULL OR s.expires_at > :now"
        ),
        {
            "rows": json.dumps([[address] for address in addresses]),
            "workspace": workspace_id,
            "channel": channel,
            "now": now,
        },
    )
    return set(found.scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A suppression in the order of its making."""

    channel: str
    address: str
    reason: str
    created_at: float
    expires_at: float | None


def since(connection: Connection, *, workspace_id: int, at: float, address: str, limit: int) -> list[Fresh]:
    """The next suppressions behind this moment and address, the oldest first."""
    rows = connection.execute(
        sql(
            "SELECT channel, address, reason, created_at, expires_at FROM suppressions WHERE created_at >= :at "
            "AND (created_at > :at OR address > :address) AND workspace_id = :workspace "
            "ORDER BY created_at, address LIMIT :limit"
        ),
        {"workspace": workspace_id, "at": at, "address": address, "limit": limit},
    )
    return [Fresh(**row._mapping) for row in rows]
