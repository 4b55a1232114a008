"""A queue that is thrown away in the end: one owner, one thread, one connection, and nothing that would outlast a crash.

Transactions are whole or undone, as everywhere; they are made durable only now and then, since nobody reads the file.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, NoReturn

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

    is_kept = False

    def __init__(self, path: Path, settings: Settings) -> None:
        super().__init__(path, settings)
        event.listen(self._engine, "connect", _forgo_what_others_need)
        self._connection: Connection | None = None
        self._driver: Any = None
        self._marks = self._commits = 0
        self._is_writing = False

    def write(self) -> AbstractContextManager[Connection]:  # type: ignore[override]  # mypy: not @contextmanager's kind
        """One within another is part of it."""
        return _Part(self) if self._is_writing else _Transaction(self)

    def read(self) -> AbstractContextManager[Connection]:  # type: ignore[override]  # mypy: not @contextmanager's kind
        """Nobody changes anything meanwhile: no transaction is needed."""
        return _Part(self)

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

    def run(self, connection: Connection, statement: TextClause, values: dict[str, Any]) -> int:
        """As everywhere, on the only connection there is."""
        changed: int = self._execute(connection, statement, values).rowcount
        return changed

    def fetch(self, connection: Connection, statement: TextClause, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """As ``run``."""
        rows: list[tuple[Any, ...]] = self._execute(connection, statement, values).fetchall()
        return rows

    def _execute(self, connection: Connection, statement: TextClause, values: dict[str, Any]) -> Any:
        words = self._driver_words.get(statement)
        if words is None:
            words = self._driver_words[statement] = str(statement.compile(dialect=self._engine.dialect))
        try:
            return self._driver.execute(words, values)
        except sqlite3.Error as error:
            raise DBAPIError.instance(words, None, error, sqlite3.Error, dialect=self._engine.dialect) from error

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.driver_connection
            self._connection.begin()  # in SQLAlchemy's books only, as in sqlite.py
            self.run(self._connection, _BEGIN, {})
        return self._connection

    def _begin(self) -> Connection:
        connection = self._connected()
        self.run(connection, _MARK, {})
        self._is_writing = True
        return connection

    def _end(self, *, undone: bool) -> None:
        connection = self._connected()
        self._is_writing = False
        if undone:
            with suppress(DBAPIError):  # on a full disk SQLite has undone everything, the savepoint too
                self.run(connection, _BACK, {})
                self.run(connection, _KEEP, {})
            return
        self.run(connection, _KEEP, {})
        self._marks += 1
        if self._marks % _MARKS_PER_COMMIT == 0:
            self.run(connection, _COMMIT, {})
            self.run(connection, _BEGIN, {})

    def _fail(self, error: BaseException) -> NoReturn:
        """Raise it as all databases do."""
        with self._translated():
            raise error


# Classes: a dry run enters four of them for each message, and generators made it 5 % slower.


class _Part:
    """Statements that need no transaction, or have one."""

    __slots__ = ("_database",)

    def __init__(self, database: ScratchDatabase) -> None:
        self._database = database

    def __enter__(self) -> Connection:
        try:
            return self._begin()
        except DBAPIError as error:
            self._database._fail(error)

    def _begin(self) -> Connection:
        return self._database._connected()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._database._fail(error)


class _Transaction(_Part):
    """Statements that are all kept, or all undone."""

    __slots__ = ()

    def _begin(self) -> Connection:
        return self._database._begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            self._database._end(undone=error is not None)
        except DBAPIError as failure:
            self._database._fail(failure)
        super().__exit__(kind, error, trace)


def _forgo_what_others_need(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = MEMORY",
        "locking_mode = EXCLUSIVE",
        "synchronous = OFF",
        "cache_size = -64000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
