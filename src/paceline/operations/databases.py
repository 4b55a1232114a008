"""Upgrade, back up and restore the database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE, Schema, upgrade as migrate
from paceline.store.opening import connect_catalogue, connect_queue, open_queue, schema_version
from paceline.store.sqlite import SqliteDatabase


class BackupFailed(PacelineError):
    """A backup could not be made or brought back; the text says what to do."""


def upgrade(settings: Settings) -> str:
    """Bring both schemas to this version; says what they were. A second call changes nothing."""
    queue = connect_queue(settings)
    catalogue = connect_catalogue(settings) if settings.has_two_databases else queue
    try:
        return "\n".join((_upgrade(queue, QUEUE, settings), _upgrade(catalogue, CATALOGUE, settings)))
    finally:
        catalogue.close()
        queue.close()


def _upgrade(database: Database, schema: Schema, settings: Settings) -> str:
    before = schema_version(database, schema)
    if before is None and schema is QUEUE:
        open_queue(settings).close()  # with the row about the installation
    elif before != schema.version:
        migrate(database, schema)
    if before is None:
        return f"{database.name}: filled, {schema.name} schema {schema.version}"
    same = before == schema.version
    return f"{database.name}: {schema.name} schema {before}" + (", nothing to do" if same else f" -> {schema.version}")


def backup(settings: Settings, target: Path) -> Path:
    """Copy the database as it is at one moment, while others go on writing. Never replaces a file."""
    if target.exists():
        raise InputError([Problem(file=str(target), message="exists already; choose another name")])
    database = connect_queue(settings)
    try:
        if isinstance(database, SqliteDatabase):
            _copy_sqlite(database.path, target)
        else:
            _run("pg_dump", "--format=custom", f"--file={target}", f"--dbname={settings.queue_url}")
    finally:
        database.close()
    return target


def restore(settings: Settings, source: Path) -> str:
    """Put a backup in the place of the database; the former one is kept beside it.

    Campaigns that were running are paused at the next start: what was sent after the backup is not in it.
    """
    if not source.is_file():
        raise InputError([Problem(file=str(source), message="there is no such backup")])
    database = connect_queue(settings)
    database.close()
    if not isinstance(database, SqliteDatabase):
        _run("pg_restore", "--clean", "--if-exists", f"--dbname={settings.queue_url}", str(source))
        return f"{database.name}: restored from {source}"
    _check_sqlite(source)
    kept = _move_away(database.path)
    partial = database.path.with_name(database.path.name + ".restoring")
    _copy_sqlite(source, partial)
    os.replace(partial, database.path)
    former = f"; the former database is {kept}" if kept else ""
    return f"{database.path}: restored from {source}{former}"


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
            origin.backup(copy, pages=1000)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise BackupFailed(f"{source} cannot be copied to {target}: {error}") from error


def _check_sqlite(source: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT version_num FROM queue_version").fetchone()
            (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise InputError([Problem(file=str(source), message=f"is not a Paceline backup: {verdict}")])


def _move_away(path: Path) -> Path | None:
    """Rename the database with its companions; a database that is open elsewhere keeps its file and is seen no more."""
    if not path.exists():
        return None
    number = 1
    while (kept := path.with_name(f"{path.name}.before-restore-{number}")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            shutil.move(companion, kept.with_name(kept.name + suffix))
    return kept


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} is not installed: it comes with the PostgreSQL client programs")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"{program}: {done.stderr.strip()[-500:]}")
