"""The health check: every part that sending needs, one finding each, with the cure where something is wrong."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paceline.clock import SteadyClock, iso
from paceline.domain.errors import PacelineError
from paceline.operations.queue_chores import QUEUE_CHORES
from paceline.settings import Settings
from paceline.store import leaderships
from paceline.store.database import Database
from paceline.store.migrations import QUEUE
from paceline.store.opening import connect_queue, schema_version
from paceline.store.queue import accounts, campaigns, chore_failures, installation, senders
from paceline.store.secrets import open_secret_box

_SLOW_SECONDS = 0.25
_LITTLE_DISK_BYTES = 500 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: ``ok`` is True, False (failed) or None (a warning)."""

    check: str
    ok: bool | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The object of the public surface."""
        status = {True: "ok", None: "warning", False: "failed"}[self.ok]
        return {"check": self.check, "status": status, "sentence": self.sentence}


def examine(settings: Settings) -> list[Finding]:
    """Run every check; one that fails does not hide the others, but without a database there is little to look at."""
    findings = [_data_directory(settings)]
    try:
        database = connect_queue(settings)
    except PacelineError as error:
        return [*findings, Finding(check="database", ok=False, sentence=str(error))]
    try:
        findings.append(_database(database))
        if _can_be_looked_into(database):
            findings += [_attempt(name, check, database, settings) for name, check in _CHECKS]
    finally:
        database.close()
    return findings


def _attempt(
    name: str, check: Callable[[Database, Settings], tuple[bool | None, str]], database: Database, settings: Settings
) -> Finding:
    try:
        ok, sentence = check(database, settings)
    except PacelineError as error:
        ok, sentence = False, str(error)
    return Finding(check=name, ok=ok, sentence=sentence)


def _data_directory(settings: Settings) -> Finding:
    path = settings.data_path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Finding(check="data directory", ok=False, sentence=f"{path} cannot be made: {error.strerror}")
    free = shutil.disk_usage(path).free
    writable = os.access(path, os.W_OK)
    sentence = f"{path}: {free >> 20} MB free" if writable else f"{path} cannot be written"
    return Finding(
        check="data directory",
        ok=False if not writable else None if free < _LITTLE_DISK_BYTES else True,
        sentence=sentence,
    )


def _database(database: Database) -> Finding:
    started = time.perf_counter()
    try:
        version = schema_version(database, QUEUE)
    except PacelineError as error:
        return Finding(check="database", ok=False, sentence=f"{error}; is it running, and is the URL right?")
    seconds = time.perf_counter() - started
    sentence = f"{database.name} answered in {seconds * 1000:.1f} ms, schema {version or 'empty'}"
    if version is None:
        return Finding(check="database", ok=None, sentence=f"{sentence}: the first campaign will fill it")
    if version != QUEUE.version:
        cure = f"this Paceline needs {QUEUE.version}: run `paceline database upgrade`"
        return Finding(check="database", ok=False, sentence=f"{sentence}; {cure}")
    return Finding(check="database", ok=True if seconds < _SLOW_SECONDS else None, sentence=sentence)


def _can_be_looked_into(database: Database) -> bool:
    """Whether the other checks can look into the database."""
    try:
        return schema_version(database, QUEUE) == QUEUE.version
    except PacelineError:
        return False


def _writing(database: Database, settings: Settings) -> tuple[bool | None, str]:
    started = time.perf_counter()
    database.execute("UPDATE installation SET commits = commits WHERE id = 1")
    seconds = time.perf_counter() - started
    return (True if seconds < _SLOW_SECONDS else None), f"one durable commit took {seconds * 1000:.1f} ms"


def _pool(database: Database, settings: Settings) -> tuple[bool | None, str]:
    held = []
    started = time.perf_counter()
    wanted = min(3, settings.pool_size)
    for _ in range(wanted):
        reading = database.read()
        reading.__enter__()
        held.append(reading)
    for reading in held:
        reading.__exit__(None, None, None)
    return (
        True,
        f"{wanted} connections at once in {(time.perf_counter() - started) * 1000:.1f} ms, at most {settings.pool_size}",
    )


def _secrets(database: Database, settings: Settings) -> tuple[bool | None, str]:
    box = open_secret_box(settings, database)
    with database.read() as connection:
        standings = accounts.standings(connection)
        for standing in standings:
            accounts.load(connection, box, standing.id)
    return True, f"the logins of {len(standings)} accounts open with the secret key"


def _identity(database: Database, settings: Settings) -> tuple[bool | None, str]:
    with database.read() as connection:
        reason = installation.why_it_went_back(database, connection)
    return (True, "the database is the one that was used last") if reason is None else (None, reason)


def _clock(database: Database, settings: Settings) -> tuple[bool | None, str]:
    with database.read() as connection:
        stored = installation.clock(connection)
    shared = database.now()
    clock = SteadyClock(stored if stored.at and shared is None else None)
    jump = clock.jump_seconds() if shared is None else time.time() - shared
    if abs(jump) > 2:
        return None, f"the system's clock is {jump:+.0f} s from the time in use; limits follow the time in use"
    return True, "the system's clock agrees with the time in use"


def _senders(database: Database, settings: Settings) -> tuple[bool | None, str]:
    with database.read() as connection:
        living = senders.living(connection)
    held = sum(len(sender.account_ids) for sender in living)
    return True, f"{len(living)} senders on record, holding {held} accounts"


def _recurring_work(database: Database, settings: Settings) -> tuple[bool | None, str]:
    with database.read() as connection:
        failures = chore_failures.every(connection)
        leading = leaderships.find(connection, leaderships.QUEUE, QUEUE_CHORES)
        now = database.now() or SteadyClock(installation.clock(connection)).now()
    if failures:
        told = "; ".join(
            f"{f.name} has failed {f.failures} times since {iso(f.since_at)}: {f.reason}" for f in failures
        )
        return False, f"{told}; the log of the background process has the details"
    if leading is None or leading.until_at < now:
        return True, "no process does the queue's chores now; `paceline serve` or `paceline sender` would"
    return True, "a process does the queue's chores, and none of them fails"


def _counters(database: Database, settings: Settings) -> tuple[bool | None, str]:
    wrong = []
    with database.read() as connection:
        every = campaigns.every(connection, workspace_id=1)
        for campaign in every[:20]:
            if campaigns.progress(connection, campaign.id).counts != campaigns.count_anew(connection, campaign.id):
                wrong.append(campaign.key)
    if wrong:
        return False, f"the counters of {', '.join(wrong)} do not agree with the messages"
    return True, f"the counters of {min(len(every), 20)} campaigns agree with their messages"


_CHECKS = (
    ("writing", _writing),
    ("pool", _pool),
    ("identity", _identity),
    ("secrets", _secrets),
    ("clock", _clock),
    ("senders", _senders),
    ("recurring work", _recurring_work),
    ("counters", _counters),
)
