"""From a URL to a database that is ready: the right engine, the schema at this program's version, secrets that fit."""

from __future__ import annotations

import secrets as random_secrets
from pathlib import Path

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import ArgumentError

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.settings import Settings
from paceline.store.database import Database, sql
from paceline.store.migrations import SCHEMA_VERSION, upgrade
from paceline.store.postgres import PostgresDatabase
from paceline.store.sqlite import SqliteDatabase

_ACCEPTED = "accepts sqlite:///file.db or postgresql://user:password@host/database"


class SchemaMismatch(PacelineError):
    """The database was made by another version of Paceline."""


def connect(settings: Settings) -> Database:
    """The database of these settings, not yet looked into. Raises InputError for a URL that is not understood."""
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        raise InputError([Problem(file="environment", field="PACELINE_DATABASE", message=_ACCEPTED)]) from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return SqliteDatabase(Path(url.database), settings)
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return PostgresDatabase(url, settings)
    raise InputError([Problem(file="environment", field="PACELINE_DATABASE", message=_ACCEPTED)])


def open_database(settings: Settings) -> Database:
    """The database of these settings with the schema in place: an empty one is filled, an older one is refused.

    Raises SchemaMismatch with the cure, StoreUnavailable when it cannot be reached.
    """
    database = connect(settings)
    try:
        found = schema_version(database)
        if found is None:
            upgrade(database)
        elif found != SCHEMA_VERSION:
            raise SchemaMismatch(_mismatch(database, found))
        _install(database)
    except BaseException:
        database.close()
        raise
    return database


def schema_version(database: Database) -> str | None:
    """The version of the schema in the database; None when it is empty."""
    with database.read() as connection:
        if not inspect(connection).has_table("installation"):
            return None
        return str(connection.execute(sql("SELECT version_num FROM alembic_version")).scalar_one())


def _mismatch(database: Database, found: str) -> str:
    return (
        f"{database.name} has schema {found}, this Paceline needs {SCHEMA_VERSION}: "
        "make a backup with `paceline database backup`, then run `paceline database upgrade`"
    )


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
