"""A database that is gone, stuck or busy, seen by a process in which people wait: it fails within 5 s, then at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paceline.domain.errors import StoreUnavailable
from paceline.settings import read_settings
from paceline.store.circuit_breaker import BreakerState
from paceline.store.database import Database, sql
from paceline.store.health_probe import HealthProbe
from paceline.store.opening import open_queue
from surroundings.postgres import OwnPostgres, own_postgres
from surroundings.serving import wait_until

LONGEST_SECONDS = 5.0
AT_ONCE_SECONDS = 0.5


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as started:
        yield started


@pytest.fixture
def database(server: OwnPostgres, tmp_path: Path) -> Iterator[Database]:
    opened = _open(server.url(server.create()), tmp_path)
    yield opened
    opened.close()


def _open(url: str, folder: Path, **settings: Any) -> Database:
    return open_queue(read_settings({}, database=url, data_dir=str(folder), **settings).for_api())


def _read(database: Database) -> None:
    with database.read() as connection:
        connection.execute(sql("SELECT commits FROM installation")).all()


def _write(database: Database) -> None:
    database.execute("UPDATE installation SET commits = commits")


def _seconds_until_it_fails(work: Callable[[], None]) -> float:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as raised:
        work()
    assert raised.value.retry_after_seconds >= 1
    return time.monotonic() - started


def _fails_fast(database: Database) -> None:
    for work in (_read, _write, _read):
        assert _seconds_until_it_fails(lambda: work(database)) < LONGEST_SECONDS  # noqa: B023  # called at once
    assert database.breaker_state is not BreakerState.CLOSED
    if database.seconds_until_probe > AT_ONCE_SECONDS:
        assert _seconds_until_it_fails(lambda: _read(database)) < AT_ONCE_SECONDS
    assert database.pool_statistics()["breaker_openings"] == 1


def _recovers_by_itself(database: Database) -> None:
    probe = HealthProbe(database, seconds=30)
    probe.start()
    wait_until(lambda: database.breaker_state is BreakerState.CLOSED, within=30)
    probe.stop()
    assert probe.failure is None
    _read(database)
    _write(database)
    assert database.pool_statistics()["breaker_open"] == 0


def test_stopped_server(server: OwnPostgres, database: Database) -> None:
    _read(database)
    server.stop()
    try:
        _fails_fast(database)
    finally:
        server.start()
    _recovers_by_itself(database)


def test_frozen_server_that_answers_nothing(server: OwnPostgres, database: Database) -> None:
    _read(database)
    server.freeze()
    try:
        _fails_fast(database)
    finally:
        server.thaw()
    _recovers_by_itself(database)


def test_server_that_freezes_within_a_transaction(server: OwnPostgres, database: Database) -> None:
    def work() -> None:
        with database.write() as connection:
            connection.execute(sql("UPDATE installation SET commits = commits"))
            server.freeze()
            connection.execute(sql("SELECT 1"))

    try:
        assert _seconds_until_it_fails(work) < LONGEST_SECONDS
    finally:
        server.thaw()
    _write(database)


def test_pool_that_is_used_up_fails_within_its_wait_and_does_not_open_the_breaker(
    postgresql_url: str, tmp_path: Path
) -> None:
    with closing(_open(postgresql_url, tmp_path, api_pool_size=2)) as database, database.read(), database.read():
        assert database.pool_statistics() == {
            "size": 2,
            "in_use": 2,
            "idle": 0,
            "waits": 0,
            "time_outs": 0,
            "breaker_open": 0,
            "breaker_openings": 0,
        }
        for _ in range(4):
            assert _seconds_until_it_fails(lambda: _read(database)) < LONGEST_SECONDS
        assert database.pool_statistics()["waits"] == database.pool_statistics()["time_outs"] == 4
        assert database.breaker_state is BreakerState.CLOSED


def test_locked_sqlite_fails_in_time_and_does_not_open_the_breaker(sqlite_url: str, tmp_path: Path) -> None:
    with closing(_open(sqlite_url, tmp_path)) as database:
        _write(database)
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(4):
                assert _seconds_until_it_fails(lambda: _write(database)) < LONGEST_SECONDS
            _read(database)
        assert database.breaker_state is BreakerState.CLOSED
        _write(database)


def test_mistaken_statement_does_not_open_the_breaker(database_url: str, tmp_path: Path) -> None:
    with closing(_open(database_url, tmp_path)) as database:
        for _ in range(5):
            with pytest.raises(Exception, match="no_such_table"), database.read() as connection:
                connection.execute(sql("SELECT 1 FROM no_such_table"))
        _read(database)


def test_sender_has_no_breaker_but_does_not_wait_for_ever_either(server: OwnPostgres, tmp_path: Path) -> None:
    url = server.url(server.create())
    settings = read_settings({}, database=url, data_dir=str(tmp_path), statement_timeout_seconds=0.5)
    with closing(open_queue(settings)) as database:
        server.freeze()
        try:
            for _ in range(4):
                _seconds_until_it_fails(lambda: _read(database))
        finally:
            server.thaw()
        assert database.breaker_state is BreakerState.CLOSED
        _read(database)
