"""A queue that is thrown away in the end: one owner, one thread, one connection, and nothing that would outlast a crash.

Transactions are whole or undone, as everywhere; they are made durable only now and then, since nobody reads the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause, event
from sqlalchemy.exc import DBAPIError

from paceline.settings import Settings
from paceline.store.database import sql
from paceline.store.sqlite import SqliteDatabase

_BEGIN, _COMMIT = sql("BEGIN"), sql("COMMIT")
_MARK, _KEEP, _BACK = sql("SAVEPOINT one"), sql("RELEASE one"), sql("ROLLBACK TO one")
_MARKS_PER_COMMIT = 1000


class ScratchDatabase(SqliteDatabase):
    """SQLite without turns, locks and disk syncs: a transaction costs its statements."""

    def __init__(self, path: Path, settings: Settings) -> None:
        super().__init__(path, settings)
        event.listen(self._engine, "connect", _forgo_what_others_need)
        self._connection: Connection | None = None
        self._driver: Any = None
        self._marks = self._commits = 0
        self._depth = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One within another is part of it."""
        with self._translated():
            connection = self._connected()
            if self._depth:
                yield connection
                return
            self.run(connection, _MARK, {})
            self._depth = 1
            try:
                yield connection
            except BaseException:
                self.run(connection, _BACK, {})
                raise
            finally:
                self._depth = 0
                self.run(connection, _KEEP, {})
            self._marks += 1
            if self._marks % _MARKS_PER_COMMIT == 0:
                self.run(connection, _COMMIT, {})
                self.run(connection, _BEGIN, {})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Nobody changes anything meanwhile: no transaction is needed."""
        with self._translated():
            yield self._connected()

    def count_commit(self, connection: Connection, sender_id: int) -> int:
        """Counted here: it cannot go back."""
        self._commits += 1
        return self._commits

    def remember_commits(self, count: int) -> None:
        """Nobody will ask: a copy of it is never put in its place."""

    def close(self) -> None:
        """Close the connection; may be called twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._driver = None
        super().close()

    def _at_driver(
        self, connection: Connection, statement: TextClause, values: dict[str, Any], answer: Callable[[Any], Any]
    ) -> Any:
        words = self._driver_words.get(statement)
        if words is None or self._driver is None:
            return super()._at_driver(connection, statement, values, answer)
        try:
            return answer(self._driver.execute(words, values))
        except sqlite3.Error as error:
            raise DBAPIError.instance(words, None, error, sqlite3.Error, dialect=self._engine.dialect) from error

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.driver_connection
            self._connection.begin()  # in SQLAlchemy's books only, as in sqlite.py
            self.run(self._connection, _BEGIN, {})
        return self._connection


def _forgo_what_others_need(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = MEMORY", "locking_mode = EXCLUSIVE", "synchronous = OFF", "cache_size = -64000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
