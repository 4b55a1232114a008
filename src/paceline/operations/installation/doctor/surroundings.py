"""Checks of what is around the databases: data directory, secrets, the clock, which store this is, the last backup."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

from paceline.clock import SteadyClock
from paceline.domain.wording import counted
from paceline.operations.installation.doctor.finding import Finding, failed, fine, warning
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import accounts, installation
from paceline.store.secrets import SecretsUnreadable, open_secret_box

_LITTLE_DISK_BYTES = 500 << 20
_NO_DISK_BYTES = 20 << 20
_LONG_WITHOUT_BACKUP_DAYS = 7.0
_DAY_SECONDS = 86400.0


def data_directory(settings: Settings) -> Iterator[Finding]:
    """Whether the data directory can be used, and has room."""
    path = settings.data_path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield failed("data directory", f"{path} cannot be made: {error.strerror}", "make it, or name another one")
        return
    if not os.access(path, os.W_OK):
        yield failed("data directory", f"{path} cannot be written", "give it to the user that Paceline runs as")
        return
    free = shutil.disk_usage(path).free
    sentence, cure = f"{path}: {free >> 20:,} MB free", "make room: uploads, reports and an SQLite database need it"
    if free < _NO_DISK_BYTES:
        yield failed("data directory", sentence, cure)
    elif free < _LITTLE_DISK_BYTES:
        yield warning("data directory", sentence, cure)
    else:
        yield fine("data directory", sentence)


def identity(database: Database, settings: Settings) -> Iterator[Finding]:
    """Whether this is the store that was used last."""
    with database.read() as connection:
        reason = installation.why_it_went_back(database, connection)
    if reason is None:
        yield fine("identity", "the database is the one that was used last")
    else:
        cure = "what was sent since then may not be in it: look before you `paceline resume` a campaign"
        yield warning("identity", reason, cure)


def secrets(database: Database, settings: Settings) -> Iterator[Finding]:
    """Whether the stored logins open with the key that is there."""
    wrong = []
    try:
        box = open_secret_box(settings, database)
        with database.read() as connection:
            standings = accounts.standings(connection)
            for standing in standings:
                try:
                    accounts.load(connection, box, standing.id)
                except SecretsUnreadable:
                    wrong.append(standing.name)
    except SecretsUnreadable as error:
        yield failed("secrets", str(error), "without the right key no account can log in")
        return
    if wrong:
        sentence = f"the logins of {', '.join(wrong[:5])} do not open with the secret key"
        yield failed("secrets", sentence, "store these accounts again with `paceline accounts add`")
    else:
        yield fine("secrets", f"the logins of {counted(len(standings), 'account')} open with the secret key")


def clock(database: Database, settings: Settings) -> Iterator[Finding]:
    """Whether the system's clock agrees with the time in use."""
    own_clock, shared = time_in_use(database)
    jump = own_clock.jump_seconds() if shared is None else time.time() - shared
    if abs(jump) > 2:
        sentence = f"the system's clock is {jump:+.0f} s from the time in use; limits follow the time in use"
        yield warning("clock", sentence, "let the machines' clocks be set by a time server (timedatectl)")
    else:
        yield fine("clock", "the system's clock agrees with the time in use")


def time_in_use(database: Database) -> tuple[SteadyClock, float | None]:
    """The clock as a process started now would have it, and the database's own time where that rules."""
    with database.read() as connection:
        stored = installation.clock(connection)
    shared = database.now()
    return SteadyClock(stored if stored.at and shared is None else None), shared


def backup(database: Database, settings: Settings) -> Iterator[Finding]:
    """When the last backup was made by `paceline database backup`; other ways are not known here."""
    with database.read() as connection:
        at = installation.backed_up_at(connection)
    cure = "`paceline database backup FOLDER`, from cron or a timer; if you have other backups, all is well"
    if at is None:
        yield warning("backup", "no `paceline database backup` is on record", cure)
        return
    days = (time.time() - at) / _DAY_SECONDS
    sentence = f"the last `paceline database backup` was made {days:.1f} days ago"
    yield fine("backup", sentence) if days < _LONG_WITHOUT_BACKUP_DAYS else warning("backup", sentence, cure)
