"""One database: connections, transactions and the few words in which SQLite and PostgreSQL differ.

Everything here is synchronous and runs in a thread of its owner; a transaction is a ``with`` block. What goes wrong on
the way to the database becomes StoreUnavailable; a commit that raises may have happened, so callers repeat only what a
second run does not change.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import attrgetter, methodcaller
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, TextClause, event, text
from sqlalchemy.exc import DataError, DBAPIError, TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from paceline.domain.errors import InputError, Problem, StoreUnavailable
from paceline.observability import metrics
from paceline.observability.slow import statement_watch
from paceline.settings import Settings
from paceline.store.circuit_breaker import BreakerState, CircuitBreaker

# PostgreSQL: shutting down, crashed, starting up, too many connections.
_NOT_SERVING = frozenset({"57P01", "57P02", "57P03", "53300"})
_ROWS_CHANGED, _ROWS_FOUND = attrgetter("rowcount"), methodcaller("fetchall")
_FILE_IS_AWAY = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB})


@lru_cache(maxsize=1000)
def sql(words: str) -> TextClause:
    """An SQL text; parsed once, because parsing costs more than running most of them."""
    return text(words)


class Database(ABC):
    """A database that holds the queue. Safe to use from several threads; ``close`` may be called twice."""

    name: str
    """How people call it in messages: never with a password."""
    skip_locked: str
    """Appended to a SELECT that takes rows for itself."""
    lock_rows: str
    """Appended to a SELECT whose rows are changed next."""
    one_writer: bool
    """Whether a transaction that writes keeps every other one waiting."""
    remembers_fresh: bool
    """Whether scanning from the first fresh row gets slower with every row that was taken before it."""
    is_kept = True
    """Whether anybody will read it after a crash of this process."""

    def __init__(self, engine: Engine, settings: Settings, role: str = "queue") -> None:
        """``role`` is what the metrics call it: "queue" (also where the catalogue lives in it) or "catalogue"."""
        self.role = role
        self._engine = engine
        self._settings = settings
        self._driver_words: dict[TextClause, str] = {}
        self._breaker = _new_breaker(self.name, settings)
        self._watch = statement_watch(
            self.name, slow_seconds=settings.slow_query_seconds, errors=settings.logs_database_errors
        )
        if self._watch is not None:
            self._watch.listen(engine)
        self._waits = metrics.connection_wait_seconds.labels(role)
        self._failures = metrics.database_failures.labels(role)
        self._transactions = metrics.transaction_seconds.labels(role)
        event.listen(engine, "checkin", self._note_end)
        event.listen(engine, "checkout", self._test_if_idle_for_long)

    @abstractmethod
    def rows(self, parameter: str, **columns: str) -> str:
        """A sub-select that reads a JSON array of arrays bound to ``parameter`` as rows with these columns and types.

        Types are "integer", "number", "text" and "json" (an object, as a column of fields takes it).
        """

    @abstractmethod
    def field(self, column: str, parameter: str) -> str:
        """The text of one field in a column of fields; its name is bound to ``parameter``."""

    @abstractmethod
    def among(self, column: str, query: str) -> str:
        """Whether a column is one of the values that a query gives, found value by value through the column's index."""

    @abstractmethod
    def joined_among(self, column: str, query: str) -> str:
        """Appended to a join on a column with rows that have these values: what ``among`` says, if a join needs telling."""

    @abstractmethod
    def folded(self, words: str) -> str:
        """A text with A to Z as a to z and every other character as it is: what both databases can do alike."""

    @abstractmethod
    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write. Commits at the end of the block, rolls back when it raises."""

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        """Like ``write``, for one statement, which is a transaction by itself where that costs less."""
        with self.write() as connection:
            yield connection

    @contextmanager
    def write_much(self) -> Iterator[Connection]:
        """Like ``write``, for one of many transactions in a row that each change thousands of rows."""
        with self.write() as connection:
            yield connection

    @abstractmethod
    def identity(self, connection: Connection) -> str:
        """What tells this store from a copy of it: a changed identity means that it was moved or restored."""

    @abstractmethod
    def now(self) -> float | None:
        """The database's clock where several machines share it; None: the machine's own clock is right."""

    @abstractmethod
    def count_commit(self, connection: Connection, sender_id: int) -> int:
        """Count this transaction; the number never goes back unless the database does."""

    @abstractmethod
    def remembered_commits(self) -> int:
        """How many commits are known from outside the database; 0 when nothing is known."""

    @abstractmethod
    def remember_commits(self, count: int) -> None:
        """Keep the number of commits outside the database."""

    @abstractmethod
    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A few short statements that change nothing; between two of them others may change something."""

    @contextmanager
    def read_much(self) -> Iterator[Connection]:
        """Like ``read``, for many rows or statements that all see one state of the database."""
        with self.read() as connection:
            yield connection

    def run(self, connection: Connection, statement: TextClause, values: dict[str, Any]) -> int:
        """Run a statement of the hot path; returns the number of rows it changed.

        It goes to the driver directly: SQLAlchemy's execution takes several times as long as most of these statements.
        """
        changed: int = self._at_driver(connection, statement, values, _ROWS_CHANGED)
        return changed

    def fetch(self, connection: Connection, statement: TextClause, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Like ``run``, for a statement that returns rows: plain tuples in the order of its columns."""
        rows: list[tuple[Any, ...]] = self._at_driver(connection, statement, values, _ROWS_FOUND)
        return rows

    def _at_driver(
        self, connection: Connection, statement: TextClause, values: dict[str, Any], answer: Callable[[Any], Any]
    ) -> Any:
        words = self._driver_words.get(statement)
        if words is None:
            words = self._driver_words[statement] = str(statement.compile(dialect=self._engine.dialect))
        dialect = self._engine.dialect
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        began = 0.0 if self._watch is None else time.perf_counter()
        try:
            cursor.execute(words, values)
            found = answer(cursor)
            if self._watch is not None:
                self._watch.took(words, time.perf_counter() - began)
            return found
        except dialect.loaded_dbapi.Error as error:
            lost = dialect.is_disconnect(error, driver, cursor)
            if lost:
                connection.invalidate(error)
                self.reconnect()
            raise DBAPIError.instance(
                words, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
            ) from error

    def execute(self, words: str, /, **values: Any) -> None:
        """Run one statement in a transaction of its own."""
        with self.write_one() as connection:
            connection.execute(sql(words), values)

    def probe(self) -> float:
        """Ask whether it is there; returns the seconds that the answer took. Raises StoreUnavailable."""
        started = time.monotonic()
        with self.read() as connection:
            connection.execute(sql("SELECT 1")).scalar_one()
        return time.monotonic() - started

    def pool_statistics(self) -> dict[str, int]:
        """This process's connections: size of the pool, in use, idle; since the start: calls that had to wait for one
        and that gave up waiting; whether the breaker is open, and how often it has opened.
        """
        pool: Any = self._engine.pool
        return {
            "size": pool.size(),
            "in_use": pool.checkedout(),
            "idle": pool.checkedin(),
            "waits": pool.waits,
            "time_outs": pool.time_outs,
            "breaker_open": int(not self.breaker_is_closed),
            "breaker_openings": 0 if self._breaker is None else self._breaker.openings,
        }

    @property
    def breaker_state(self) -> BreakerState:
        """Whether calls go through; without a breaker they always do."""
        return BreakerState.CLOSED if self._breaker is None else self._breaker.state

    @property
    def breaker_is_closed(self) -> bool:
        """Whether calls go through."""
        return self.breaker_state is BreakerState.CLOSED

    @property
    def seconds_until_probe(self) -> float:
        """How long an open breaker stays so; 0 when a call would be let through."""
        return 0.0 if self._breaker is None else self._breaker.seconds_until_probe

    def reconnect(self) -> None:
        """Drop idle connections; the next transaction opens a new one."""
        self._engine.dispose()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _take(self) -> Connection:
        """A connection of the pool."""
        began = time.perf_counter()
        connection = self._engine.connect()
        self._waits.observe(time.perf_counter() - began)
        return connection

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Around every transaction: what goes wrong on the way becomes StoreUnavailable, and the breaker hears of it."""
        if self._breaker is None:
            with self._translated():
                yield
            return
        self._breaker.admit()
        try:
            with self._translated():
                yield
        except StoreUnavailable as failure:
            if _is_out_of_reach(failure):
                self._breaker.failed(str(failure))
            else:
                self._breaker.succeeded()
            raise
        except BaseException:
            self._breaker.succeeded()  # the statement or the caller was wrong, the database was there
            raise
        self._breaker.succeeded()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except UnicodeEncodeError:
            raise _not_storable("half of a surrogate pair") from None
        except (DBAPIError, PoolTimeout) as error:
            if isinstance(error, DataError) and "NUL" in str(error.orig):  # psycopg's words; it never left this process
                raise _not_storable("the character NUL") from None
            if self._watch is not None:
                self._watch.failed(error)
            if isinstance(error, DBAPIError) and not _is_about_the_way(error):
                raise
            self._failures.inc()
            reason = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()[0]
            raise StoreUnavailable(f"{self.name}: {reason}") from error

    def _note_end(self, connection: Any, record: Any) -> None:
        record.info["idle_since"] = now = time.monotonic()
        self._transactions.observe(now - record.info.get("taken_at", now))

    def _test_if_idle_for_long(self, connection: Any, record: Any, proxy: Any) -> None:
        record.info["taken_at"] = time.monotonic()
        idle_since = record.info.get("idle_since")
        if idle_since is None or time.monotonic() - idle_since < self._settings.pool_check_seconds:
            return
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            cursor.close()
            connection.rollback()
        except Exception as error:  # any failure of the test means the same: this connection is dead
            from sqlalchemy.exc import DisconnectionError

            raise DisconnectionError from error


# SQLAlchemy names a pool's log after its class, and would tell every disposal under our name.
logging.getLogger(f"{__name__}.CountingPool").setLevel(logging.WARNING)


class CountingPool(QueuePool):
    """SQLAlchemy's pool, which also counts who had to wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.waits = 0
        self.time_outs = 0
        super().__init__(*arguments, **options)

    def _do_get(self) -> Any:
        if self.checkedin() == 0 and self.checkedout() >= self.size():
            self.waits += 1
        try:
            return super()._do_get()
        except PoolTimeout:
            self.time_outs += 1
            raise


def _new_breaker(name: str, settings: Settings) -> CircuitBreaker | None:
    """Only where somebody waits for an answer: a sender has patience of its own."""
    if not settings.fails_fast:
        return None
    return CircuitBreaker(name, failures=settings.breaker_failures, pause_seconds=settings.breaker_pause_seconds)


def _is_out_of_reach(failure: StoreUnavailable) -> bool:
    """Whether the database itself was not there; a lock or a busy pool does not count."""
    error = failure.__cause__
    if not isinstance(error, DBAPIError):
        return False
    at_driver = error.orig
    if error.connection_invalidated or getattr(at_driver, "sqlstate", None) in _NOT_SERVING:
        return True
    if isinstance(at_driver, sqlite3.Error):
        return getattr(at_driver, "sqlite_errorcode", 0) & 0xFF in _FILE_IS_AWAY
    return getattr(at_driver, "sqlstate", None) is None


def _is_about_the_way(error: DBAPIError) -> bool:
    """Whether the statement may well work later: connection, locks, time-outs, disk; not a mistake in the statement."""
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # how SQLite calls every mistake
        return False
    kind = type(error).__name__
    return error.connection_invalidated or kind in ("OperationalError", "InterfaceError", "InternalError")


def _not_storable(what: str) -> InputError:
    return InputError(
        [Problem(file="request", message=f"a text contains {what}, which no database keeps; leave it out")]
    )


def rows_json(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of equal length as ``Database.rows`` reads them."""
    return orjson.dumps(list(rows)).decode()
