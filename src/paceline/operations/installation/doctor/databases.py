"""Checks of one database: connected and how fast, schema, commits, pool, locks, size."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from paceline.domain.errors import PacelineError
from paceline.operations.installation.doctor.finding import Finding, failed, fine, warning
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.migrations import Schema
from paceline.store.opening import connect_replicas, schema_version
from paceline.store.queue import accounts, campaign_work, campaigns, statistics
from paceline.store.replica import Replica, in_seconds
from paceline.store.sqlite import SqliteDatabase
from paceline.store.vital_signs import VitalSigns, vital_signs, write_for_nothing

_SLOW_SECONDS = 0.25
_LITTLE_DISK_BYTES = 500 << 20
_LARGE_WAL_BYTES = 256 << 20
_LONG_TRANSACTION_SECONDS = 60.0
_FULL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """Whether a database answers, and whether it can be looked into."""

    finding: Finding
    usable: bool


def connection(check: str, database: Database, schemas: Sequence[Schema]) -> Connected:
    """Ask a database for the versions of its schemas."""
    began = time.perf_counter()
    try:
        found = {schema: schema_version(database, schema) for schema in schemas}
    except PacelineError as error:
        cure = "is it running, is the URL right, may this machine reach it? Sending waits and goes on by itself"
        return Connected(finding=failed(check, str(error), cure), usable=False)
    seconds = time.perf_counter() - began
    versions = ", ".join(f"{schema.name} schema {version or 'empty'}" for schema, version in found.items())
    sentence = f"{database.name} answered in {seconds * 1000:.1f} ms, {versions}"
    if all(version is None for version in found.values()):
        return Connected(finding=warning(check, sentence, "the first campaign will fill it"), usable=False)
    wrong = [schema for schema, version in found.items() if version != schema.version]
    if wrong:
        needed = ", ".join(f"{schema.name} schema {schema.version}" for schema in wrong)
        cure = f"this Paceline needs {needed}: `paceline database backup`, then `paceline database upgrade`"
        return Connected(finding=failed(check, sentence, cure), usable=False)
    if seconds > _SLOW_SECONDS:
        cure = "a busy machine or a slow network between here and there"
        return Connected(finding=warning(check, sentence, cure), usable=True)
    return Connected(finding=fine(check, sentence), usable=True)


def condition(check: str, database: Database, settings: Settings) -> Iterator[Finding]:
    """How a database is that answers."""
    yield _writing(check, database, settings)
    yield _pool(check, database, settings)
    signs = vital_signs(database)
    yield _locks(check, signs, settings)
    yield _size(check, database, signs)
    if signs.connections is not None and signs.most_connections:
        yield _connections(check, signs.connections, signs.most_connections)
    if signs.unsafe_settings:
        named = ", ".join(f"{name} = off" for name in signs.unsafe_settings)
        sentence = f"{signs.version} runs with {named}: after a power loss messages may be sent twice"
        yield warning(f"{check} safety", sentence, "switch it on in postgresql.conf")


def replicas(queue: Database, catalogue: Database, settings: Settings) -> Iterator[Finding]:
    """Whether the replicas that reports read answer and keep up."""
    found = dict.fromkeys(connect_replicas(settings, queue=queue, catalogue=catalogue))
    for replica in found:
        if isinstance(replica, Replica):
            with closing(replica):
                yield _replica(replica, settings)


def _replica(replica: Replica, settings: Settings) -> Finding:
    cure = "reports and exports read the original meanwhile; look at the replica's log"
    try:
        lag = replica.lag()
    except PacelineError as error:
        return warning("replica", str(error), cure)
    sentence = f"{replica.name} is {in_seconds(lag)} behind"
    return warning("replica", sentence, cure) if lag > settings.replica_lag_seconds else fine("replica", sentence)


def _writing(check: str, database: Database, settings: Settings) -> Finding:
    began = time.perf_counter()
    write_for_nothing(database)
    seconds = time.perf_counter() - began
    sentence = f"one durable commit took {seconds * 1000:.1f} ms"
    if seconds > _SLOW_SECONDS:
        cure = "the disk is slow or busy, or somebody holds a lock: look at the disk's load and at the line about locks"
        return warning(f"{check} writing", sentence, cure)
    return fine(f"{check} writing", sentence)


def _pool(check: str, database: Database, settings: Settings) -> Finding:
    wanted = min(3, settings.pool_size)
    began = time.perf_counter()
    with ExitStack() as held:
        for _ in range(wanted):
            held.enter_context(database.read())
    milliseconds = (time.perf_counter() - began) * 1000
    return fine(f"{check} pool", f"{wanted} connections at once in {milliseconds:.1f} ms, none refused")


def _locks(check: str, signs: VitalSigns, settings: Settings) -> Finding:
    longest = signs.longest_transaction_seconds
    sentence = (
        f"{signs.waiting_for_locks} sessions wait for a lock (each gives up after {settings.lock_timeout_seconds:g} s), "
        f"{signs.deadlocks} deadlocks on record"
    )
    if signs.wal_bytes is not None:
        sentence = f"writers take turns, each waits {settings.lock_timeout_seconds:g} s at most; it was free just now"
    if longest > _LONG_TRANSACTION_SECONDS:
        cure = "pg_stat_activity shows whose it is; pg_terminate_backend ends it"
        return warning(f"{check} locks", f"a transaction has been open for {longest:.0f} s; {sentence}", cure)
    if signs.waiting_for_locks > 5:
        return warning(f"{check} locks", sentence, "pg_blocking_pids() shows who holds them up")
    return fine(f"{check} locks", sentence)


def _size(check: str, database: Database, signs: VitalSigns) -> Finding:
    sentence = f"{signs.version}, {_megabytes(signs.size_bytes)}"
    if signs.wal_bytes is not None:
        sentence += f" and a write-ahead log of {_megabytes(signs.wal_bytes)}"
        if signs.wal_bytes > _LARGE_WAL_BYTES:
            cure = "some program reads this file for very long: a copy by another tool, or a forgotten sqlite3 shell"
            return warning(f"{check} size", sentence, cure)
    if isinstance(database, SqliteDatabase):
        free = shutil.disk_usage(database.path.parent).free
        sentence += f", {_megabytes(free)} free beside it"
        if free < _LITTLE_DISK_BYTES:
            return warning(f"{check} size", sentence, "make room: a full disk stops all sending")
    return fine(f"{check} size", sentence)


def _connections(check: str, used: int, most: int) -> Finding:
    sentence = f"{used} of the server's {most} connections are in use"
    if used > most * _FULL:
        cure = "raise max_connections, or lower PACELINE_DATABASE_POOL_SIZE and the number of processes"
        return warning(f"{check} connections", sentence, cure)
    return fine(f"{check} connections", sentence)


def queries(database: Database, settings: Settings) -> Iterator[Finding]:
    """How long the questions take that senders and people ask most."""
    times = {name: _timed(database, question) for name, question in _QUESTIONS.items()}
    slowest = max(times, key=lambda name: times[name])
    sentence = f"{len(times)} usual queries, the slowest ({slowest}) in {times[slowest] * 1000:.1f} ms"
    if times[slowest] > _SLOW_SECONDS:
        cure = "a busy machine; PACELINE_LOG_SLOW_QUERIES=0.1 puts slow ones into the log (PostgreSQL: has it run ANALYZE?)"
        yield warning("queries", sentence, cure)
    else:
        yield fine("queries", sentence)


def _timed(database: Database, question: Callable[[Database], object]) -> float:
    began = time.perf_counter()
    question(database)
    return time.perf_counter() - began


def _progress_of_the_running(database: Database) -> None:
    with database.read() as connection:
        for campaign_id in campaign_work.running(connection)[:5]:
            campaigns.progress(connection, campaign_id)
            campaign_work.has_work(connection, campaign_id, now=0.0)


def _standings(database: Database) -> None:
    with database.read() as connection:
        accounts.standings(connection)


def _counts(database: Database) -> None:
    with database.read() as connection:
        statistics.message_counts(connection)
        statistics.campaigns_by_status(connection)


_QUESTIONS: dict[str, Callable[[Database], object]] = {
    "progress of running campaigns": _progress_of_the_running,
    "standing of the accounts": _standings,
    "sums of the counters": _counts,
}


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MB" if count >= 10 << 20 else f"{count / (1 << 20):.1f} MB"
