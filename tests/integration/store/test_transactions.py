"""What is one transaction, and what is none: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from paceline.settings import read_settings
from paceline.store.database import Database, sql
from paceline.store.opening import connect_queue

_COUNT = sql("SELECT count(*) FROM notes")


@pytest.fixture
def database(bare_database_url: str) -> Iterator[Database]:
    with closing(connect_queue(read_settings({}, database=bare_database_url, pool_size=2))) as database:
        database.execute("CREATE TABLE notes (id integer)")
        yield database


def note(database: Database) -> None:
    database.execute("INSERT INTO notes VALUES (1)")


def note_in_vain(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sql("INSERT INTO notes VALUES (1)"))
        raise ZeroDivisionError


def notes(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(_COUNT).scalar_one())


def test_failed_write_leaves_nothing_and_its_connection_serves_the_next(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            note_in_vain(database)
    assert notes(database) == 0
    note(database)
    assert notes(database) == 1


def test_write_is_seen_by_others_at_its_end(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sql("INSERT INTO notes VALUES (1)"))
        assert notes(database) == 0
    assert notes(database) == 1


def test_long_read_sees_one_state(database: Database) -> None:
    with database.read_much() as connection:
        assert connection.execute(_COUNT).scalar_one() == 0
        note(database)
        assert connection.execute(_COUNT).scalar_one() == 0
    assert notes(database) == 1


def test_short_read_of_postgresql_is_no_transaction(bare_postgresql_url: str) -> None:
    settings = read_settings({}, database=bare_postgresql_url)
    with closing(connect_queue(settings)) as database, database.read() as connection:
        connection.execute(sql("SELECT 1")).one()
        assert connection.execute(sql("SELECT now() = statement_timestamp()")).scalar_one()


def test_single_statement_of_postgresql_is_committed_by_itself(bare_postgresql_url: str) -> None:
    settings = read_settings({}, database=bare_postgresql_url, pool_size=2)
    with closing(connect_queue(settings)) as database:
        database.execute("CREATE TABLE notes (id integer)")
        with database.write_one() as connection:
            connection.execute(sql("INSERT INTO notes VALUES (1)"))
            assert notes(database) == 1
