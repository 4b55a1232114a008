"""The numbers of one scrape: what the databases know, and what this process can see from where it stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence

from paceline.domain.account import AccountState
from paceline.domain.campaign import CampaignStatus
from paceline.domain.errors import StoreUnavailable
from paceline.observability.metrics import Sample, exposition
from paceline.operations.context import Context, QueueContext
from paceline.store import leaderships
from paceline.store.catalogue import statistics as catalogue_statistics
from paceline.store.database import Database
from paceline.store.leaderships import LeadershipRow
from paceline.store.public_ids import IdKind
from paceline.store.queue import chore_failures, statistics as queue_statistics, workers
from paceline.store.sqlite import SqliteDatabase

_ENDED = ("sent", "failed", "skipped", "cancelled", "delivered", "read", "bounced")
_OPEN = ("queued", "sending", "deferred", "uncertain")

_OF_THE_POOL = {
    "waits": "paceline_database_pool_waits_total",
    "time_outs": "paceline_database_pool_timeouts_total",
    "breaker_open": "paceline_database_breaker_open",
    "breaker_openings": "paceline_database_breaker_openings_total",
}


def scrape(context: QueueContext) -> bytes:
    """Everything in Prometheus' text format; what a database that does not answer knows is absent, and it says so."""
    return exposition(lambda: samples(context))


def samples(context: QueueContext) -> list[Sample]:
    """The numbers that are read when they are asked for; in a sender's process those of the queue."""
    free = shutil.disk_usage(context.settings.data_path).free
    found = [
        Sample(name="paceline_disk_free_bytes", value=free),
        *_from(context.queue, lambda: [*_of_the_queue(context), *_of_a_shared_catalogue(context)]),
    ]
    if isinstance(context, Context) and context.catalogue is not context.queue:
        found += _from(context.catalogue, lambda: list(_of_the_catalogue(context)))
    return found


def _from(database: Database, read: Callable[[], list[Sample]]) -> list[Sample]:
    """What a database knows, whether it answers, and how its connections are used."""
    try:
        known, up = read(), 1
    except StoreUnavailable:
        known, up = [], 0
    return [Sample(name="paceline_database_up", labels=(database.role,), value=up), *known, *_around(database)]


def _around(database: Database) -> Iterator[Sample]:
    pool = database.pool_statistics()
    for state in ("size", "in_use", "idle"):
        yield Sample(name="paceline_database_pool_connections", labels=(database.role, state), value=pool[state])
    for statistic, name in _OF_THE_POOL.items():
        yield Sample(name=name, labels=(database.role,), value=pool[statistic])
    if isinstance(database, SqliteDatabase):
        yield Sample(name="paceline_database_wal_bytes", labels=(database.role,), value=database.wal_bytes())


def _of_the_queue(context: QueueContext) -> Iterator[Sample]:
    now = context.clock.now()
    ids = context.box.public_ids()
    with context.queue.read() as connection:
        counts = queue_statistics.message_counts(connection)
        campaigns = queue_statistics.campaigns_by_status(connection)
        accounts = queue_statistics.accounts_by_state(connection, now=now)
        each = queue_statistics.account_numbers(connection, at_most=context.settings.metrics_accounts)
        alive = queue_statistics.senders_alive(connection, now=now)
        leaders = leaderships.every(connection, leaderships.QUEUE)
        failures = chore_failures.every(connection)
        remote = [(row, workers.requests_of(connection, row.id, now=now)) for row in workers.every(connection)]
    for outcome in _ENDED:
        yield Sample(name="paceline_messages_total", labels=(outcome,), value=counts[outcome])
    for state in _OPEN:
        yield Sample(name="paceline_messages", labels=(state,), value=counts[state])
    for status in CampaignStatus:
        yield Sample(name="paceline_campaigns", labels=(status,), value=campaigns.get(status, 0))
    for account_state in AccountState:
        yield Sample(name="paceline_accounts", labels=(account_state,), value=accounts.get(account_state, 0))
    for account in each:
        labels = (ids.encode(IdKind.ACCOUNT, account.id), account.name)
        yield Sample(name="paceline_account_sent_total", labels=labels, value=account.sent)
        yield Sample(name="paceline_account_open", labels=labels, value=account.open_intents)
    yield Sample(name="paceline_senders", value=alive)
    for row, requests in remote:
        yield Sample(name="paceline_worker_requests", labels=(row.name,), value=requests.last_minute)
        yield Sample(name="paceline_worker_backlog", labels=(row.name,), value=row.backlog)
        if row.reported_at is not None:
            yield Sample(name="paceline_worker_silent_seconds", labels=(row.name,), value=now - row.reported_at)
    yield from _leaders(leaders, now)
    for failure in failures:
        yield Sample(name="paceline_chore_failures", labels=(failure.name,), value=failure.failures)


def _leaders(leaders: Sequence[LeadershipRow], now: float) -> Iterator[Sample]:
    for leader in leaders:
        yield Sample(name="paceline_leader", labels=(leader.name,), value=int(leader.until_at > now))


def _of_a_shared_catalogue(context: QueueContext) -> Iterator[Sample]:
    if isinstance(context, Context) and context.catalogue is context.queue:
        yield from _of_the_catalogue(context)


def _of_the_catalogue(context: Context) -> Iterator[Sample]:
    now = context.clock.now()
    with context.catalogue.read() as connection:
        imports = catalogue_statistics.imports_under_way(connection)
        waiting = catalogue_statistics.notifications_waiting(connection)
        leaders = leaderships.every(connection, leaderships.CATALOGUE)
    for status, number in imports.items():
        yield Sample(name="paceline_imports", labels=(status,), value=number)
    yield Sample(name="paceline_notifications_waiting", value=waiting)
    yield from _leaders(leaders, now)
