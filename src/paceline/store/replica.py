"""A read-only copy of a PostgreSQL database (a streaming replica): for reports and exports, so that they do not weigh on the original."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite

from sqlalchemy import URL, Connection

from paceline.domain.errors import StoreUnavailable
from paceline.settings import Settings
from paceline.store.database import Database, sql
from paceline.store.postgres import PostgresDatabase

_log = logging.getLogger("paceline.store")

# The installation writes every few seconds (clock, leases), so a replica that keeps up has replayed something lately.
_LAG = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN COALESCE("
    "EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'Infinity') ELSE 0 END"
)


class Replica(PostgresDatabase):
    """Reads from the copy, and from the original while the copy is away or too far behind. Writes go to the original."""

    def __init__(self, url: URL, settings: Settings, original: Database) -> None:
        super().__init__(url, settings, f"{original.role}_replica")
        self._original = original
        self._longest_lag = settings.replica_lag_seconds
        self._trouble = ""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with super().read() if self._keeps_up() else self._original.read() as connection:
            yield connection

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        with self._original.write_one() as connection:
            yield connection

    def lag(self) -> float:
        """Seconds since the last change that has arrived, infinite before the first. Raises StoreUnavailable."""
        with super().read() as connection:
            return float(connection.execute(sql(_LAG)).scalar_one())

    def _keeps_up(self) -> bool:
        """Whether it answers and is not too far behind; a change is told once."""
        try:
            lag = self.lag()
            trouble = f"the replica {self.name} is {in_seconds(lag)} behind" if lag > self._longest_lag else ""
        except StoreUnavailable as failure:
            trouble = str(failure)
        if trouble and not self._trouble:
            _log.warning("reports read the original: %s", trouble)
        self._trouble = trouble
        return not trouble


def in_seconds(lag: float) -> str:
    """How far behind, in words."""
    return f"{lag:.1f} s" if isfinite(lag) else "an unknown time"
