"""How many connections a host bears, shared by all senders: each writes what it has learnt once a second at most."""

from __future__ import annotations

from sqlalchemy import Connection

from paceline.domain.server_width import ServerWidth, merged
from paceline.store.database import sql

_FORGOTTEN_AFTER_SECONDS = 900.0
"""What nobody has confirmed for so long is not true any more."""


def every(connection: Connection, *, now: float) -> dict[str, ServerWidth]:
    """Host -> what it bears, of those where something has failed lately."""
    rows = connection.execute(
        sql("SELECT host, width, cut_at FROM server_widths WHERE changed_at > :since"),
        {"since": now - _FORGOTTEN_AFTER_SECONDS},
    )
    return {row.host: ServerWidth(width=row.width, cut_at=row.cut_at) for row in rows}


def shares(connection: Connection, sender_id: int, *, now: float) -> dict[str, float]:
    """Host of these -> a sender's part of the connections that all senders may open there, in (0, 1]."""
    rows = connection.execute(
        sql(
            "SELECT w.host, SUM(a.connections) AS every, "
            "SUM(CASE WHEN a.sender_id = :sender THEN a.connections ELSE 0 END) AS own FROM server_widths w "
            "JOIN accounts a ON a.host = w.host AND a.sender_id IS NOT NULL WHERE w.changed_at > :since GROUP BY w.host"
        ),
        {"sender": sender_id, "since": now - _FORGOTTEN_AFTER_SECONDS},
    )
    return {row.host: int(row.own) / int(row.every) for row in rows if row.own}


def keep(connection: Connection, host: str, own: ServerWidth, seen: ServerWidth, *, now: float) -> ServerWidth:
    """Add what one sender has learnt since it has last ``seen`` the host's row; returns what is true for all now."""
    row = connection.execute(
        sql("UPDATE server_widths SET host = host WHERE host = :host AND changed_at > :since RETURNING width, cut_at"),
        {"host": host, "since": now - _FORGOTTEN_AFTER_SECONDS},
    ).one_or_none()
    stored = ServerWidth() if row is None else ServerWidth(width=row.width, cut_at=row.cut_at)
    known = merged(own, seen, stored)
    if known.narrow:
        connection.execute(
            sql(
                "INSERT INTO server_widths (host, width, cut_at, changed_at) VALUES (:host, :width, :cut, :now) "
                "ON CONFLICT (host) DO UPDATE SET width = excluded.width, cut_at = excluded.cut_at, "
                "changed_at = excluded.changed_at"
            ),
            {"host": host, "width": known.width, "cut": known.cut_at, "now": now},
        )
    else:
        connection.execute(sql("DELETE FROM server_widths WHERE host = :host"), {"host": host})
    return known
