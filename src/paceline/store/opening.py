"""From a URL to a database that is ready: the right engine, the schemas at this program's version."""

from __future__ import annotations

import secrets as random_secrets
from pathlib import Path

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import ArgumentError

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.settings import Settings
from paceline.store.database import Database, sql
from paceline.store.migrations import CATALOGUE, QUEUE, Schema, upgrade
from paceline.store.scratch import ScratchDatabase
from paceline.store.sqlite import SqliteDatabase

_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_ACCEPTED = "accepts sqlite:///file.db or postgresql://user:password@host/database"


class SchemaMismatch(PacelineError):
    """The database was made by another version of Paceline."""


def connect_queue(settings: Settings) -> Database:
    """The queue's database, not yet looked into. Raises InputError for a URL that is not understood."""
    variable = "PACELINE_QUEUE_DATABASE" if settings.queue_database else "PACELINE_DATABASE"
    return _connect(settings.queue_url, variable, settings)


def connect_catalogue(settings: Settings) -> Database:
    """The catalogue's database, not yet looked into. Raises InputError for a URL that is not understood."""
    role = "catalogue" if settings.has_two_databases else "queue"
    return _connect(settings.database_url, "PACELINE_DATABASE", settings, role)


def _connect(words: str, variable: str, settings: Settings, role: str = "queue") -> Database:
    try:
        url = make_url(words)
    except ArgumentError:
        raise InputError([Problem(file="environment", field=variable, message=_ACCEPTED)]) from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return SqliteDatabase(Path(url.database), settings, role)
    if url.drivername in _POSTGRESQL:
        from paceline.store.postgres import PostgresDatabase  # imported here, with its driver: most have SQLite

        return PostgresDatabase(url, settings, role)
    raise InputError([Problem(file="environment", field=variable, message=_ACCEPTED)])


def open_queue(settings: Settings) -> Database:
    """The queue's database with its schema in place: an empty one is filled, an older one is refused.

    Raises SchemaMismatch with the cure, StoreUnavailable when it cannot be reached.
    """
    database = connect_queue(settings)
    try:
        prepare(database, QUEUE)
        _install(database)
    except BaseException:
        database.close()
        raise
    return database


def open_scratch_queue(path: Path, settings: Settings) -> Database:
    """A new, empty queue in a file that is thrown away in the end. The caller closes it and removes the file."""
    database = ScratchDatabase(path, settings)
    try:
        prepare(database, QUEUE)
        _install(database)
    except BaseException:
        database.close()
        raise
    return database


def open_catalogue(settings: Settings, queue: Database) -> Database:
    """The catalogue's database with its schema in place: the queue's own where both live in one. Raises as above."""
    database = connect_catalogue(settings) if settings.has_two_databases else queue
    try:
        prepare(database, CATALOGUE)
    except BaseException:
        if database is not queue:
            database.close()
        raise
    return database


def connect_replicas(settings: Settings, *, queue: Database, catalogue: Database) -> tuple[Database, Database]:
    """What reports read of the queue and of the catalogue: their replicas, or where there are none they themselves.

    Raises InputError for a URL that is none of a PostgreSQL database. A replica that cannot be reached is no error.
    """
    reports_catalogue = _replica(settings.replica_database, "PACELINE_REPLICA_DATABASE", settings, catalogue)
    if catalogue is queue:
        return reports_catalogue, reports_catalogue
    reports_queue = _replica(settings.queue_replica_database, "PACELINE_QUEUE_REPLICA_DATABASE", settings, queue)
    return reports_queue, reports_catalogue


def _replica(words: str, variable: str, settings: Settings, original: Database) -> Database:
    if not words:
        return original
    from paceline.store.postgres import PostgresDatabase
    from paceline.store.replica import Replica

    accepted = "accepts postgresql://user:password@host/database, a replica of a PostgreSQL database"
    try:
        url = make_url(words)
    except ArgumentError:
        raise InputError([Problem(file="environment", field=variable, message=accepted)]) from None
    if url.drivername not in _POSTGRESQL or not isinstance(original, PostgresDatabase):
        raise InputError([Problem(file="environment", field=variable, message=accepted)])
    return Replica(url, settings, original)


def prepare(database: Database, schema: Schema) -> None:
    """Fill a schema that is not there; refuse one of another version. Raises SchemaMismatch with the cure."""
    found = schema_version(database, schema)
    if found is None:
        upgrade(database, schema)
    elif found != schema.version:
        refuse_newer(database, schema, found)
        raise SchemaMismatch(
            f"{database.name} has {schema.name} schema {found}, this Paceline needs {schema.version}: "
            "make a backup with `paceline database backup`, then run `paceline database upgrade`"
        )


def refuse_newer(database: Database, schema: Schema, found: str | None) -> None:
    """Raise SchemaMismatch for a schema that a newer program made: it cannot be taken back, only restored."""
    if (found or "") > schema.version:
        raise SchemaMismatch(
            f"{database.name} has {schema.name} schema {found}, made by a newer Paceline; this one knows {schema.version}: "
            "install the newer one again, or `paceline database restore` the backup from before the upgrade"
        )


def schema_version(database: Database, schema: Schema) -> str | None:
    """The version of a schema in the database; None when it is not there."""
    with database.read() as connection:
        if not inspect(connection).has_table(schema.version_table):
            return None
        return connection.execute(sql(f"SELECT version_num FROM {schema.version_table}")).scalar_one_or_none()


def _install(database: Database) -> None:
    """Make the one row about the installation where it is missing: whoever made the tables may have been killed there."""
    with database.read() as connection:
        if connection.execute(sql("SELECT 1 FROM installation")).one_or_none() is not None:
            return
    with database.write() as connection:
        connection.execute(
            sql(
                "INSERT INTO installation (id, name, store_identity, clock_at, clock_boot, clock_boot_id) "
                "VALUES (1, :name, :identity, 0, 0, '') ON CONFLICT DO NOTHING"
            ),
            {"name": random_secrets.token_hex(16), "identity": database.identity(connection)},
        )
