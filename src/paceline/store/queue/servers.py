"""Servers: the hosts that accounts sit on, and how many connections all accounts of one may have together.

A server is known by its accounts; it has a row here only while a person limits it. The limit is kept where accounts are
leased: each holder is granted so many connections, and the grants of a server never exceed its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql

_HELD = (
    "SELECT COALESCE(SUM(a.connections), 0) FROM accounts a WHERE a.workspace_id = s.workspace_id AND a.host = s.host "
    "AND a.sender_id IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """One host with the states of its accounts. ``number`` is its lowest account's, which names it outside."""

    number: int
    host: str
    max_connections: int | None
    granted_connections: int
    states: dict[str, int]


def room(connection: Connection, account_id: int) -> int | None:
    """How many connections the account's server still has for it; None where nobody limits it.

    Holds the server's row until the transaction ends, so that two senders do not grant the same room.
    """
    server: Any = connection.execute(
        sql(
            "UPDATE servers SET max_connections = max_connections WHERE (workspace_id, host) = "
            "(SELECT workspace_id, host FROM accounts WHERE id = :id) RETURNING workspace_id, host, max_connections"
        ),
        {"id": account_id},
    ).one_or_none()
    if server is None:
        return None
    held = connection.execute(
        sql(
            "SELECT COALESCE(SUM(connections), 0) FROM accounts WHERE workspace_id = :workspace AND host = :host "
            "AND sender_id IS NOT NULL"
        ),
        {"workspace": server.workspace_id, "host": server.host},
    ).scalar_one()
    return max(0, int(server.max_connections) - int(held))


def full(connection: Connection) -> set[tuple[int, str]]:
    """(workspace, host) of every server that has no room now."""
    rows = connection.execute(sql(f"SELECT s.workspace_id, s.host FROM servers s WHERE s.max_connections <= ({_HELD})"))
    return {(row.workspace_id, row.host) for row in rows}


def every(connection: Connection, *, workspace_id: int, now: float) -> list[ServerRow]:
    """The servers of a workspace by host. An account whose pause is over counts as ready."""
    rows = connection.execute(
        sql(
            "SELECT a.host, MIN(a.id) AS number, COUNT(*) AS accounts, s.max_connections, "
            "CASE WHEN a.state IN ('limited', 'backing_off') AND a.until_at <= :now THEN 'ready' ELSE a.state END "
            "AS now_state, SUM(CASE WHEN a.sender_id IS NULL THEN 0 ELSE a.connections END) AS granted FROM accounts a "
            "LEFT JOIN servers s ON s.workspace_id = a.workspace_id AND s.host = a.host "
            "WHERE a.workspace_id = :workspace AND a.hidden_at IS NULL "
            "GROUP BY a.host, s.max_connections, now_state ORDER BY a.host"
        ),
        {"workspace": workspace_id, "now": now},
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.host, []).append(row)
    return [
        ServerRow(
            number=min(part.number for part in parts),
            host=host,
            max_connections=parts[0].max_connections,
            granted_connections=sum(int(part.granted) for part in parts),
            states={part.now_state: int(part.accounts) for part in parts},
        )
        for host, parts in found.items()
    ]


def limit(connection: Connection, host: str, *, workspace_id: int, max_connections: int | None) -> None:
    """Set or lift (None) a server's limit; its accounts' workers leave and come back under the new one."""
    where = {"workspace": workspace_id, "host": host}
    if max_connections is None:
        connection.execute(sql("DELETE FROM servers WHERE workspace_id = :workspace AND host = :host"), where)
    else:
        connection.execute(
            sql(
                "INSERT INTO servers (workspace_id, host, max_connections) VALUES (:workspace, :host, :most) "
                "ON CONFLICT (workspace_id, host) DO UPDATE SET max_connections = excluded.max_connections"
            ),
            {**where, "most": max_connections},
        )
    connection.execute(
        sql("UPDATE accounts SET revision = revision + 1 WHERE workspace_id = :workspace AND host = :host"), where
    )
