"""Which server takes the mail of a domain: looked up once for all senders and kept, for limits of one operator's domains.

A claim only looks into memory. What is not known there it notes down, and somebody else finds out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql

_MOST_KNOWN = 200_000
_KEPT_SECONDS = 7 * 86_400.0


class MailOperators:
    """What one sender knows: domain -> the preferred host that takes its mail, "" where nobody could say."""

    def __init__(self, *, asks: bool = True) -> None:
        """``asks``: whether somebody will find out what is not known; without, it counts as nobody's."""
        self._asks = asks
        self._known: dict[str, str] = {}
        self._unknown: dict[str, None] = {}
        self._lock = threading.Lock()

    def host_of(self, domain: str) -> str | None:
        """The host; None where it is not known yet, and then it is noted down."""
        host = self._known.get(domain)
        if host is None and not self._asks:
            return ""
        if host is None:
            with self._lock:
                self._unknown[domain] = None
        return host

    @property
    def backlog(self) -> int:
        """How many domains somebody has to find out about."""
        return len(self._unknown)

    def wanted(self, most: int) -> list[str]:
        """Some of the domains that are not known, those asked for first at the front."""
        with self._lock:
            return list(self._unknown)[:most]

    def learn(self, hosts: Mapping[str, str]) -> None:
        """These are known now."""
        if len(self._known) + len(hosts) > _MOST_KNOWN:
            self._known = {}
        self._known.update(hosts)
        with self._lock:
            for domain in hosts:
                self._unknown.pop(domain, None)

    def forget(self, domains: Sequence[str] | None = None) -> None:
        """These (None: all) are to be found out anew when they are asked for."""
        if domains is None:
            self._known = {}
        for domain in domains or ():
            self._known.pop(domain, None)


def find(connection: Connection, database: Database, domains: Sequence[str], *, now: float) -> dict[str, str]:
    """Those of these domains that were looked up lately, with their hosts."""
    names = database.rows("rows", domain="text")
    statement = sql(f"SELECT domain, host FROM mail_operators WHERE looked_up_at > :since AND domain IN ({names})")
    values = {"rows": rows_json([domain] for domain in domains), "since": now - _KEPT_SECONDS}
    return {row.domain: row.host for row in connection.execute(statement, values)}


def every(connection: Connection) -> dict[str, str]:
    """Whatever was looked up, whenever."""
    return {row.domain: row.host for row in connection.execute(sql("SELECT domain, host FROM mail_operators"))}


def keep(connection: Connection, hosts: Mapping[str, str], *, now: float) -> None:
    """What was looked up just now."""
    for domain, host in sorted(hosts.items()):
        connection.execute(
            sql(
                "INSERT INTO mail_operators (domain, host, looked_up_at) VALUES (:domain, :host, :now) "
                "ON CONFLICT (domain) DO UPDATE SET host = excluded.host, looked_up_at = excluded.looked_up_at"
            ),
            {"domain": domain, "host": host, "now": now},
        )
