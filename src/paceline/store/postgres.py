"""PostgreSQL: many machines, row locks, the server's clock.

Differs by necessity from SQLite: rows are taken with SKIP LOCKED, commits are counted per sender (one shared counter
would be a queue of its own), and every session carries its time-outs. The server is often on another machine, and each
word to it is a round trip: reads and single statements have no BEGIN and COMMIT around them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from paceline.domain.errors import StoreUnavailable
from paceline.settings import Settings
from paceline.store.database import CountingPool, Database, sql
from paceline.store.patient_connection import PatientConnection, within

_ANSWER_MARGIN_SECONDS = 2.0
_BEGIN, _BEGIN_SNAPSHOT = sql("BEGIN"), sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
_TYPES = {"integer": "bigint", "number": "double precision", "text": "text"}


class PostgresDatabase(Database):
    """The queue in a PostgreSQL database."""

    skip_locked = "FOR UPDATE SKIP LOCKED"
    lock_rows = "FOR NO KEY UPDATE"  # the stronger lock would wait for rows that only refer to these, and deadlock
    one_writer = False
    remembers_fresh = True

    def __init__(self, url: URL, settings: Settings, role: str = "queue") -> None:
        self.name = url.set(password=None).render_as_string(hide_password=True)
        session = {
            "statement_timeout": settings.statement_timeout_seconds,
            "lock_timeout": settings.lock_timeout_seconds,
            "idle_in_transaction_session_timeout": settings.session_idle_seconds,
        }
        options = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in session.items())
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,  # errors end in logs, and values are people's addresses
            isolation_level="AUTOCOMMIT",  # we say BEGIN ourselves, where we mean it
            poolclass=CountingPool,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_wait_seconds,
            connect_args={
                "connect_timeout": max(2, int(settings.connect_timeout_seconds)),
                "options": f"{options} -c synchronous_commit=on",
                "application_name": "paceline",
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 3,
                "tcp_user_timeout": int(settings.statement_timeout_seconds * 1000),
            },
        )
        # The server's own time-out does not help when the server itself is stuck, or out of reach.
        self._longest_answer = settings.statement_timeout_seconds + _ANSWER_MARGIN_SECONDS
        self._patience = settings.api_patience_seconds if settings.fails_fast else None
        event.listen(engine, "do_connect", self._open_connection)
        super().__init__(engine, settings, role)

    def rows(self, parameter: str, **columns: str) -> str:
        picked = ", ".join(
            f"value -> {position} AS {name}" if kind == "json" else f"(value ->> {position})::{_TYPES[kind]} AS {name}"
            for position, (name, kind) in enumerate(columns.items())
        )
        return f"SELECT {picked} FROM jsonb_array_elements(CAST(:{parameter} AS jsonb))"

    def field(self, column: str, parameter: str) -> str:
        return f"({column} ->> CAST(:{parameter} AS text))"

    def among(self, column: str, query: str) -> str:
        # Not IN: right after an import, before its statistics, PostgreSQL takes the query for one row and walks through it
        # anew for every row of the table.
        return f"{column} = ANY (ARRAY({query}))"

    def joined_among(self, column: str, query: str) -> str:
        return f"AND {self.among(column, query)}"

    def folded(self, words: str) -> str:
        return f'lower(({words}) COLLATE "C")'

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.write_one() as connection, connection.begin():
            self.run(connection, _BEGIN, {})
            yield connection

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        with self._guard(), within(self._patience), self._connect() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._guard(), within(self._patience), self._take() as connection:
            yield connection

    @contextmanager
    def read_much(self) -> Iterator[Connection]:
        with self.read() as connection, connection.begin():
            self.run(connection, _BEGIN_SNAPSHOT, {})
            yield connection

    def identity(self, connection: Connection) -> str:
        statement = "SELECT system_identifier, timeline_id FROM pg_control_system(), pg_control_checkpoint()"
        system, timeline = connection.execute(sql(statement)).one()
        return f"postgresql {system} timeline {timeline}"

    def now(self) -> float | None:
        with self.read() as connection:
            return float(connection.execute(sql("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def count_commit(self, connection: Connection, sender_id: int) -> int:
        statement = "UPDATE senders SET commits = commits + 1 WHERE id = :id RETURNING commits"
        rows = self.fetch(connection, sql(statement), {"id": sender_id})
        return int(rows[0][0]) if rows else 0

    def remembered_commits(self) -> int:
        return 0  # the server's identity changes when it is restored; each sender remembers its own commits

    def remember_commits(self, count: int) -> None:
        return

    def _open_connection(self, dialect: Any, record: Any, arguments: Any, options: Any) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **options)
        connection.longest_answer_seconds = self._longest_answer
        return connection

    def _connect(self) -> Connection:
        """A connection; the first contact is tried several times with growing pauses."""
        for attempt in range(1, self._settings.connect_attempts + 1):
            try:
                with self._translated():
                    return self._take()
            except StoreUnavailable:
                if attempt == self._settings.connect_attempts:
                    raise
                time.sleep(0.1 * 2**attempt)
        raise AssertionError("connect_attempts is at least 1")
