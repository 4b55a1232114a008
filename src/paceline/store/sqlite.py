"""SQLite: one file, one writer at a time.

Differs by necessity from PostgreSQL: writers take turns by two file locks (whoever waits for the second keeps newcomers
behind the first, so a busy sender cannot starve the others), we checkpoint by ourselves, nearly all of it outside the
write lock, and a witness file beside the database notices when an old copy was put in its place.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event

from paceline.domain.errors import InputError, Problem, StoreUnavailable
from paceline.settings import Settings
from paceline.store.database import CountingPool, Database, sql

_OLDEST = (3, 35, 0)  # RETURNING and UPDATE … FROM
_COMMITS_PER_CHECKPOINT = 100  # a WAL that is written over from its beginning costs less to sync than one that grows
_MUCH_COUNTS_AS = 25  # about 2 MB each: counted as one, the WAL would be hundreds of MB long before it is brought home
_LONGEST_WAL_PAGES = 16384  # 64 MB
_TURN_SECONDS = 0.005  # for so long a process hands the right to write on among its threads although others wait
_BEGIN, _COMMIT, _ROLLBACK = sql("BEGIN IMMEDIATE"), sql("COMMIT"), sql("ROLLBACK")
_JSON_CASTS = {"integer": "CAST({} AS INTEGER)", "number": "CAST({} AS REAL)", "text": "{}", "json": "{}"}


class SqliteDatabase(Database):
    """The queue in one SQLite file (WAL, synchronous=FULL)."""

    skip_locked = ""
    lock_rows = ""
    one_writer = True
    remembers_fresh = False

    def __init__(self, path: Path, settings: Settings, role: str = "queue") -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            wanted = ".".join(map(str, _OLDEST))
            raise InputError(
                [
                    Problem(
                        file="sqlite3", message=f"SQLite {sqlite3.sqlite_version} is too old, needs {wanted} or newer"
                    )
                ]
            )
        self.path = path
        self.name = str(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            f"sqlite:///{path}",
            paramstyle="named",
            hide_parameters=True,
            poolclass=CountingPool,
            pool_use_lifo=True,  # the one that wrote last still knows the pages
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_wait_seconds,
            connect_args={
                "timeout": settings.lock_timeout_seconds,
                "check_same_thread": False,
                "isolation_level": None,  # we say BEGIN ourselves: the driver's would be deferred
            },
        )
        super().__init__(engine, settings, role)
        self._since_checkpoint = 0
        self._is_nearly_home = False
        """Whether the last checkpoint waits for its end, which the next commit makes."""
        self._turn = _Turn(path, settings.lock_timeout_seconds, on_timeout=self._failures.inc)
        event.listen(engine, "connect", _prepare)

    def rows(self, parameter: str, **columns: str) -> str:
        picked = ", ".join(
            _JSON_CASTS[kind].format(f"json_extract(value, '$[{position}]')") + f" AS {name}"
            for position, (name, kind) in enumerate(columns.items())
        )
        return f"SELECT {picked} FROM json_each(:{parameter})"

    def field(self, column: str, parameter: str) -> str:
        return f"(SELECT value FROM json_each({column}) WHERE key = :{parameter})"

    def among(self, column: str, query: str) -> str:
        return f"{column} IN ({query})"

    def joined_among(self, column: str, query: str) -> str:
        return ""  # a join goes value by value anyway; said twice, it would go through all values for each of them

    def folded(self, words: str) -> str:
        return f"lower({words})"  # SQLite's knows no other letters

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._guard():
            with self._turn, self._take() as connection:
                connection.begin()  # in SQLAlchemy's books only: to the driver we say it ourselves
                self.run(connection, _BEGIN, {})
                try:
                    yield connection
                except BaseException:
                    self.run(connection, _ROLLBACK, {})
                    raise
                self.run(connection, _COMMIT, {})
                self._finish_checkpoint(connection)
                is_due = self._checkpoint_is_due()
            if is_due:
                self._checkpoint()

    @contextmanager
    def write_much(self) -> Iterator[Connection]:
        with self.write() as connection:
            yield connection
            self._since_checkpoint += _MUCH_COUNTS_AS

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._guard(), self._take() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def identity(self, connection: Connection) -> str:
        return f"sqlite {_machine()} {self.path.stat().st_ino}"

    def now(self) -> float | None:
        return None

    def count_commit(self, connection: Connection, sender_id: int) -> int:
        statement = "UPDATE installation SET commits = commits + 1 WHERE id = 1 RETURNING commits"
        return int(self.fetch(connection, sql(statement), {})[0][0])

    def remembered_commits(self) -> int:
        try:
            return int(self._witness.read_text().strip() or 0)
        except (FileNotFoundError, ValueError):
            return 0

    def remember_commits(self, count: int) -> None:
        # Never synced: after a power loss it may be behind the database, and only being ahead of it means anything.
        descriptor = os.open(self._witness, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, f"{count:020d}\n".encode(), 0)
        finally:
            os.close(descriptor)

    def wal_bytes(self) -> int:
        """The size of the write-ahead log; it is brought home under the write lock and grows behind a long reader."""
        try:
            return self.path.with_name(self.path.name + "-wal").stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def _witness(self) -> Path:
        return self.path.with_name(self.path.name + "-witness")

    def _checkpoint_is_due(self) -> bool:
        self._since_checkpoint += 1
        if self._since_checkpoint < _COMMITS_PER_CHECKPOINT:
            return False
        self._since_checkpoint = 0
        return True

    def _checkpoint(self) -> None:
        """Bring nearly all of the WAL home while others write: under the lock they would wait for it, and for its sync."""
        with self._take() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        self._is_nearly_home = True

    def _finish_checkpoint(self, connection: Connection) -> None:
        """Under the write lock, bring home what was written meanwhile: only a whole WAL is written over from its beginning.

        Readers are waited for only when it has grown long.
        """
        if not self._is_nearly_home:
            return
        self._is_nearly_home = False
        _, pages, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        if pages > _LONGEST_WAL_PAGES:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()


def _prepare(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    _use_wal(cursor)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "wal_autocheckpoint = 0",
        "cache_size = -16000",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Of several processes that open a new database at once all but one are refused for a moment, whatever the timeout."""
    for pause in (0.01, 0.05, 0.2, 1.0):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            time.sleep(pause)
    cursor.execute("PRAGMA journal_mode = WAL")


def _machine() -> str:
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            return Path(name).read_text().strip()
        except OSError:
            continue
    return os.uname().nodename


class _Turn:
    """The right to write: one thread at a time, then file locks A and B among the processes.

    A thread hands lock B on to one that waits in its own process, until another process waits and has done so for long
    enough: many small writes (an API) come about together, and wait for one large one of the others (a sender's group).
    """

    def __init__(self, path: Path, timeout_seconds: float, *, on_timeout: Callable[[], None]) -> None:
        self._on_timeout = on_timeout
        self._timeout = timeout_seconds
        self._mutex = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Lock] = deque()
        """One for each thread that waits, the oldest first; it is released when the turn is that thread's."""
        self._since: float | None = None
        """When lock B became this process's; None: it is to be acquired."""
        self._first = _FileLock(path.with_name(path.name + "-lock-a"))
        self._second = _FileLock(path.with_name(path.name + "-lock-b"))

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._timeout
        if not self._wait_for_threads():
            self._on_timeout()
            raise StoreUnavailable(f"no turn to write within {self._timeout:g} s")
        if self._since is not None:
            return
        try:
            self._first.acquire(deadline)
            try:
                self._second.acquire(deadline)
            finally:
                self._first.release()
            self._since = time.monotonic()
        except BaseException:
            self._on_timeout()
            self._second.release()
            self._let_go()
            raise

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            if self._queue and self._may_hand_on():
                self._queue.popleft().release()
                return
        self._second.release()
        self._let_go()

    def _may_hand_on(self) -> bool:
        """Another process that waits for lock B holds lock A meanwhile."""
        since = self._since
        return since is not None and (time.monotonic() - since < _TURN_SECONDS or not self._first.is_taken())

    def _wait_for_threads(self) -> bool:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._queue.append(mine)
        try:
            if mine.acquire(timeout=self._timeout):
                return True
        except BaseException:  # Ctrl-C
            if not self._leave(mine):
                self._go_by()
            raise
        return not self._leave(mine)

    def _leave(self, mine: threading.Lock) -> bool:
        """Wait no longer; False where the turn has come at the last moment."""
        with self._mutex:
            if mine not in self._queue:
                return False
            self._queue.remove(mine)
            return True

    def _go_by(self) -> None:
        """The turn has come to a thread that does not want it any more."""
        if self._since is not None:
            self.__exit__()
        else:
            self._let_go()

    def _let_go(self) -> None:
        with self._mutex:
            self._since = None
            self._taken = bool(self._queue)
            if self._queue:
                self._queue.popleft().release()


class _FileLock:
    """One advisory lock; the kernel releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, deadline: float) -> None:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        pause = 0.0002
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StoreUnavailable(f"{self._path}: another process has not released it in time") from None
                time.sleep(pause)
                pause = min(pause * 2, 0.002)

    def is_taken(self) -> bool:
        """Whether another process has it."""
        try:
            self.acquire(deadline=0.0)
        except StoreUnavailable:
            return True
        self.release()
        return False

    def release(self) -> None:
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
