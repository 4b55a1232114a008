"""How a database is: size, log, waits, connections. Its two kinds know different things of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from paceline.store.database import Database, sql
from paceline.store.sqlite import SqliteDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """What a database says of itself; None where its kind does not know."""

    version: str
    size_bytes: int
    wal_bytes: int | None = None
    """SQLite: what is written and not yet in the file itself."""
    waiting_for_locks: int = 0
    """PostgreSQL: sessions that wait for another one's lock at this moment."""
    longest_transaction_seconds: float = 0.0
    """PostgreSQL: how long the oldest open transaction of others has been open."""
    deadlocks: int = 0
    """PostgreSQL: since its statistics began."""
    connections: int | None = None
    """PostgreSQL: of everybody, to all databases of the server."""
    most_connections: int | None = None
    unsafe_settings: tuple[str, ...] = ()
    """PostgreSQL: settings under which a power loss can lose what was committed."""


def vital_signs(database: Database) -> VitalSigns:
    """Ask a database how it is. Raises StoreUnavailable."""
    return _of_sqlite(database) if isinstance(database, SqliteDatabase) else _of_postgresql(database)


def write_for_nothing(database: Database) -> None:
    """One durable commit that changes nothing that anybody sees; both schemas have a table for it."""
    words = "UPDATE installation SET commits = commits WHERE id = 1"
    if database.role == "catalogue":
        words = "UPDATE catalogue_version SET version_num = version_num"
    database.execute(words)


def _of_sqlite(database: SqliteDatabase) -> VitalSigns:
    with database.read() as connection:
        version = str(connection.execute(sql("SELECT sqlite_version()")).scalar_one())
    return VitalSigns(
        version=f"SQLite {version}", size_bytes=database.path.stat().st_size, wal_bytes=database.wal_bytes()
    )


def _of_postgresql(database: Database) -> VitalSigns:
    with database.read() as connection:
        row = connection.execute(
            sql(
                "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size, "
                "current_setting('max_connections') AS most, current_setting('fsync') AS fsync, "
                "current_setting('full_page_writes') AS full_page_writes, "
                "(SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections, "
                "(SELECT COUNT(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock') AS waiting, "
                "(SELECT COALESCE(MAX(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend') AS longest, "
                "(SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()) AS deadlocks"
            )
        ).one()
    return VitalSigns(
        version=f"PostgreSQL {row.version}",
        size_bytes=int(row.size),
        waiting_for_locks=int(row.waiting),
        longest_transaction_seconds=float(row.longest),
        deadlocks=int(row.deadlocks or 0),
        connections=int(row.connections),
        most_connections=int(row.most),
        unsafe_settings=tuple(name for name in ("fsync", "full_page_writes") if getattr(row, name) != "on"),
    )
