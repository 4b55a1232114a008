"""The examination from top to bottom: a check that fails does not hide the others, and none waits long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from paceline.domain.errors import PacelineError
from paceline.operations.installation.doctor import databases, incoming, remote, sending, surroundings
from paceline.operations.installation.doctor.finding import Finding, failed
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE
from paceline.store.opening import connect_catalogue, connect_queue

_LONGEST_CONNECT_SECONDS = 3.0
_LONGEST_STATEMENT_SECONDS = 5.0
_POOL = 4


_OF_THE_QUEUE = (
    databases.queries,
    surroundings.identity,
    surroundings.secrets,
    surroundings.clock,
    surroundings.backup,
    sending.senders,
    sending.accounts,
    incoming.mailboxes,
    remote.workers,
    remote.controller,
    sending.campaigns,
    sending.counters,
    sending.recurring_work,
)


def examine(settings: Settings) -> list[Finding]:
    """Run every check; without a database those that need it are left out. Changes nothing that anybody sees."""
    hasty = replace(
        settings,
        connect_attempts=1,
        connect_timeout_seconds=min(settings.connect_timeout_seconds, _LONGEST_CONNECT_SECONDS),
        statement_timeout_seconds=min(settings.statement_timeout_seconds, _LONGEST_STATEMENT_SECONDS),
        pool_size=min(settings.pool_size, _POOL),
    )
    return [*surroundings.data_directory(hasty), *_databases(hasty)]


def _databases(settings: Settings) -> Iterator[Finding]:
    try:
        queue = connect_queue(settings)
        catalogue = connect_catalogue(settings) if settings.has_two_databases else queue
    except PacelineError as error:
        yield failed("database", str(error), "mend PACELINE_DATABASE or PACELINE_QUEUE_DATABASE")
        return
    try:
        yield from _both(queue, catalogue, settings)
        yield from _attempted("replica", partial(databases.replicas, queue, catalogue, settings))
    finally:
        catalogue.close()
        queue.close()


def _both(queue: Database, catalogue: Database, settings: Settings) -> Iterator[Finding]:
    name = "database" if catalogue is queue else "queue database"
    schemas = (QUEUE, CATALOGUE) if catalogue is queue else (QUEUE,)
    first = databases.connection(name, queue, schemas)
    yield first.finding
    second = first
    if first.usable:
        yield from _attempted(name, partial(databases.condition, name, queue, settings))
    if catalogue is not queue:
        second = databases.connection("catalogue database", catalogue, (CATALOGUE,))
        yield second.finding
        if second.usable:
            condition = partial(databases.condition, "catalogue database", catalogue, settings)
            yield from _attempted("catalogue database", condition)
    if first.usable:
        for check in _OF_THE_QUEUE:
            yield from _attempted(check.__name__, partial(check, queue, settings))
    if first.usable and second.usable:
        yield from _attempted("background", partial(sending.background, queue, catalogue, settings))


def _attempted(name: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What a check finds; that it cannot be made is a finding too."""
    try:
        return list(check())
    except PacelineError as error:
        return [failed(name, str(error), "mend the database first, then ask again")]
    except Exception as error:  # whatever is odd here: the other checks may still find out why
        return [failed(name, f"this check cannot be made: {error!r}", "please report it, with this line")]
