"""Whole copies of a database: out into a file while others write, and back in with the former contents kept.

Differs by necessity: SQLite copies itself page by page; PostgreSQL does it by its own programs pg_dump and pg_restore.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from paceline.domain.errors import PacelineError
from paceline.store.database import Database, sql
from paceline.store.sqlite import SqliteDatabase

_PAGES_AT_ONCE = 5000
_KEPT = "before_restore_"


class CopyFailed(PacelineError):
    """A copy could not be made or brought back; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """A copy that is in its place: where the former contents are, and how to undo it."""

    kept: str | None
    undo: Callable[[], None]


def kind_of(database: Database) -> str:
    """ "sqlite" or "postgresql": copies fit only their own kind."""
    return "sqlite" if isinstance(database, SqliteDatabase) else "postgresql"


def copy_out(database: Database, url: str, target: Path) -> None:
    """Write the database as it is at one moment into a new file. Raises CopyFailed, with no file left."""
    try:
        if isinstance(database, SqliteDatabase):
            _copy_sqlite(database.path, target)
        else:
            _run("pg_dump", url, "--format=custom", "--no-owner", f"--exclude-schema={_KEPT}*", f"--file={target}")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def what_is_wrong(database: Database, copy: Path) -> str | None:
    """Why this file cannot be put back into this database; None when it can."""
    if not isinstance(database, SqliteDatabase):
        try:
            _run("pg_restore", None, "--list", str(copy))
        except CopyFailed as error:
            return str(error)
        return None
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    return None if verdict == "ok" else str(verdict)


def put_back(database: Database, url: str, copy: Path) -> PutBack:
    """Put a copy in the place of what is there, which is kept. Nobody may be at work. Raises CopyFailed, all undone."""
    if isinstance(database, SqliteDatabase):
        return _put_back_sqlite(database.path, copy)
    kept = _set_tables_aside(database)

    def undo() -> None:
        _drop_tables(database)
        _bring_tables_back(database, kept)

    try:
        options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments")
        _run("pg_restore", url, *options, str(copy))
    except BaseException:
        _bring_tables_back(database, kept)
        raise
    return PutBack(kept=f"the schema {kept} of {database.name}", undo=undo)


# SQLite


def _copy_sqlite(source: Path, target: Path) -> None:
    """One read transaction from the first page to the last: without it every write of others would start it over."""
    try:
        with closing(sqlite3.connect(source, isolation_level=None)) as origin, closing(sqlite3.connect(target)) as copy:
            origin.execute("BEGIN")
            origin.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            origin.backup(copy, pages=_PAGES_AT_ONCE, sleep=0)
            origin.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise CopyFailed(f"{source} cannot be copied to {target}: {error}") from error


def _put_back_sqlite(path: Path, copy: Path) -> PutBack:
    partial = path.with_name(path.name + ".restoring")
    partial.unlink(missing_ok=True)
    try:
        _copy_sqlite(copy, partial)
        kept = _move_away(path)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise

    def undo() -> None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if kept is not None:
            _rename(kept, path)

    return PutBack(kept=None if kept is None else str(kept), undo=undo)


def _move_away(path: Path) -> Path | None:
    if not path.exists():
        return None
    number = 1
    while (kept := path.with_name(f"{path.name}.before-restore-{number}")).exists():
        number += 1
    _rename(path, kept)
    return kept


def _rename(source: Path, target: Path) -> None:
    """Rename a database with its companions."""
    for suffix in ("-wal", "-shm", ""):
        companion = source.with_name(source.name + suffix)
        if companion.exists():
            companion.rename(target.with_name(target.name + suffix))


# PostgreSQL


def _set_tables_aside(database: Database) -> str:
    """Move our tables into a schema of their own, with their sequences and indexes; returns its name."""
    with database.write() as connection:
        taken = connection.execute(sql("SELECT nspname FROM pg_namespace")).scalars().all()
        number = 1
        while (name := f"{_KEPT}{number}") in taken:
            number += 1
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        statements = connection.execute(
            sql(
                "SELECT format('ALTER TABLE %I.%I SET SCHEMA %I', schemaname, tablename, CAST(:name AS text)) "
                "FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user ORDER BY tablename"
            ),
            {"name": name},
        )
        for statement in statements.scalars().all():
            connection.exec_driver_sql(statement)
    return name


def _drop_tables(database: Database) -> None:
    with database.write() as connection:
        statements = connection.execute(
            sql(
                "SELECT format('DROP TABLE %I.%I CASCADE', schemaname, tablename) "
                "FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user"
            )
        )
        for statement in statements.scalars().all():
            connection.exec_driver_sql(statement)


def _bring_tables_back(database: Database, kept: str) -> None:
    with database.write() as connection:
        statements = connection.execute(
            sql(
                "SELECT format('ALTER TABLE %I.%I SET SCHEMA %I', schemaname, tablename, current_schema()) "
                "FROM pg_tables WHERE schemaname = :name"
            ),
            {"name": kept},
        )
        for statement in statements.scalars().all():
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"DROP SCHEMA {kept}")


def _run(program: str, url: str | None, *options: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through its environment, where no process list shows it."""
    path = shutil.which(program)
    if path is None:
        raise CopyFailed(
            f"{program} is not installed: it comes with the PostgreSQL client programs (postgresql-client)"
        )
    arguments, environment = list(options), dict(os.environ)
    if url is not None:
        parsed = make_url(url)
        password = parsed.password or parsed.query.get("password")
        if password is not None:
            environment["PGPASSWORD"] = str(password)
        plain = parsed.difference_update_query(["password"])._replace(drivername="postgresql", password=None)
        arguments.insert(0, f"--dbname={plain.render_as_string(hide_password=False)}")
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip()[-800:]
        cure = ""
        if "server version mismatch" in said or "unsupported version" in said:
            cure = "; its version must be at least the server's: put the right one first into PATH"
        raise CopyFailed(f"{path}: {said}{cure}")
