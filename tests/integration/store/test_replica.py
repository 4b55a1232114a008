"""Reports read a streaming replica of PostgreSQL, and the original while the replica is away or behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from paceline.bootstrap import open_context
from paceline.domain.errors import InputError
from paceline.operations.context import Context
from paceline.operations.installation.doctor import examine
from paceline.settings import Settings, read_settings
from paceline.store.database import Database, sql
from surroundings.postgres import OwnPostgres, own_postgres, replica_of
from surroundings.serving import wait_until


@pytest.fixture
def original() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


def _settings(original: OwnPostgres, replica: OwnPostgres, folder: Path, *, lag_seconds: float = 30.0) -> Settings:
    return read_settings(
        {"PACELINE_REPLICA_DATABASE": replica.url("postgres"), "PACELINE_REPLICA_LAG": str(lag_seconds)},
        database=original.url("postgres"),
        data_dir=str(folder),
    )


def _workspace(database: Database) -> str:
    with database.read() as connection:
        return str(connection.execute(sql("SELECT name FROM workspaces WHERE id = 1")).scalar_one())


def _is_replica(database: Database) -> bool:
    with database.read() as connection:
        return bool(connection.execute(sql("SELECT pg_is_in_recovery()")).scalar_one())


def _has_tables(replica: OwnPostgres) -> bool:
    """Whether the replica, which was made before them, has received the tables."""
    with psycopg.connect(replica.url("postgres")) as connection:
        row = connection.execute("SELECT to_regclass('workspaces') IS NOT NULL").fetchone()
    return row is not None and bool(row[0])


def _rename(context: Context, name: str) -> None:
    context.catalogue.execute("UPDATE workspaces SET name = :name WHERE id = 1", name=name)


def test_reports_read_the_replica_and_without_it_the_original(
    original: OwnPostgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with replica_of(original) as replica, closing(open_context(_settings(original, replica, tmp_path))) as context:
        reports = context.for_reports()
        wait_until(lambda: _has_tables(replica))
        _rename(context, "first")
        wait_until(lambda: _workspace(reports.catalogue) == "first")
        assert _is_replica(reports.catalogue)
        assert _is_replica(reports.queue)
        assert not _is_replica(context.catalogue)

        with caplog.at_level(logging.WARNING, "paceline.store"):
            replica.stop()
            _rename(context, "second")
            assert _workspace(reports.catalogue) == "second"
            assert _workspace(reports.catalogue) == "second"
        assert caplog.text.count("reports read the original") == 1

        replica.start()
        _rename(context, "third")
        wait_until(lambda: _is_replica(reports.catalogue))
        wait_until(lambda: _workspace(reports.catalogue) == "third")


def test_replica_that_is_behind_is_not_read_and_doctor_says_so(original: OwnPostgres, tmp_path: Path) -> None:
    with replica_of(original) as replica:
        settings = _settings(original, replica, tmp_path, lag_seconds=1)
        with closing(open_context(settings)) as context:
            wait_until(lambda: _has_tables(replica))
            _rename(context, "before")
            wait_until(lambda: _is_replica(context.for_reports().catalogue))
            with psycopg.connect(replica.url("postgres"), autocommit=True) as connection:
                connection.execute("SELECT pg_wal_replay_pause()")
            _rename(context, "after")
            wait_until(lambda: _workspace(context.for_reports().catalogue) == "after")
            found = {finding.check: finding for finding in examine(settings)}
            assert "s behind" in found["replica"].sentence
            assert found["replica"].cure


def test_replica_of_sqlite_is_refused_with_what_is_accepted(tmp_path: Path, sqlite_url: str) -> None:
    settings = read_settings(
        {"PACELINE_REPLICA_DATABASE": "postgresql://nobody@127.0.0.1/none"}, database=sqlite_url, data_dir=str(tmp_path)
    )
    with pytest.raises(InputError, match="a replica of a PostgreSQL database"):
        open_context(settings)
