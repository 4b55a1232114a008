"""Removes what nobody needs any more: old events, usage that counts in no window, ended senders, keys, sessions, links.

It works in batches of some hundred rows and rests after each for several times as long as it took, so that a sender at
full speed loses next to nothing by it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from paceline.clock import SteadyClock
from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, bucket_of
from paceline.domain.errors import StoreUnavailable
from paceline.settings import Settings
from paceline.store.catalogue import pruning as catalogue_pruning
from paceline.store.database import Database
from paceline.store.queue import pruning as queue_pruning

_log = logging.getLogger("paceline.chores")

_DAY_SECONDS = 86400.0
_EVERY_SECONDS = 6 * 3600.0
_FIRST_AFTER_SECONDS = 60.0
_REST = 5.0
_LONGEST_REST_SECONDS = 1.0

IDEMPOTENCY_SECONDS = _DAY_SECONDS
"""How long a repeated request is answered with the first one's answer."""
_SENDER_SECONDS = 7 * _DAY_SECONDS
_LOGIN_SECONDS = _DAY_SECONDS
_LINK_SECONDS = 30 * _DAY_SECONDS


class Parts(Protocol):
    """What the pruner needs of a context."""

    @property
    def settings(self) -> Settings:
        """How long things are kept."""

    @property
    def queue(self) -> Database:
        """The queue."""

    @property
    def catalogue(self) -> Database:
        """The catalogue."""

    @property
    def clock(self) -> SteadyClock:
        """The time in use."""


async def run(parts: Parts, stop: asyncio.Event, *, first_after_seconds: float = _FIRST_AFTER_SECONDS) -> None:
    """Prune now and then until ``stop`` is set; a database that is away is pruned the next time."""
    wait = first_after_seconds
    while not await _stopped_within(stop, wait):
        wait = _EVERY_SECONDS
        leaving = threading.Event()
        pruning = asyncio.create_task(asyncio.to_thread(_try_to_prune, parts, leaving))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((pruning, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.set()
            stopping.cancel()
            await pruning


def prune(parts: Parts, leaving: threading.Event) -> Mapping[str, int]:
    """Remove everything whose time is over, unless ``leaving`` is set in between; returns the rows removed by table.

    Raises StoreUnavailable; what was removed by then stays removed, and a second call goes on.
    """
    removed: Counter[str] = Counter()
    for table, walk in _walks(parts, parts.clock.now()):
        began = time.monotonic()
        for rows in walk:
            removed[table] += rows
            if leaving.wait(min((time.monotonic() - began) * _REST, _LONGEST_REST_SECONDS)):
                return removed
            began = time.monotonic()
    return removed


def _walks(parts: Parts, now: float) -> Iterator[tuple[str, Iterator[int]]]:
    settings, queue, catalogue = parts.settings, parts.queue, parts.catalogue
    yield "usage", queue_pruning.usage(queue, before_bucket=bucket_of(now - LONGEST_WINDOW_SECONDS))
    yield "senders", queue_pruning.ended_senders(queue, before=now - _SENDER_SECONDS)
    yield "idempotency_keys", catalogue_pruning.idempotency_keys(catalogue, before=now - IDEMPOTENCY_SECONDS)
    yield "sessions", catalogue_pruning.ended_sessions(catalogue, before=now)
    yield "one_time_links", catalogue_pruning.spent_links(catalogue, before=now - _LINK_SECONDS)
    yield "login_attempts", catalogue_pruning.old_login_attempts(catalogue, before=now - _LOGIN_SECONDS)
    if settings.keep_audit_days:
        yield "audit", catalogue_pruning.audit(catalogue, before=now - settings.keep_audit_days * _DAY_SECONDS)
    if settings.keep_events_days:
        yield "events", queue_pruning.events(queue, before=now - settings.keep_events_days * _DAY_SECONDS)


def _try_to_prune(parts: Parts, leaving: threading.Event) -> None:
    try:
        removed = {table: rows for table, rows in prune(parts, leaving).items() if rows}
    except StoreUnavailable as failure:
        _log.warning("old rows stay for now: %s", failure)
        return
    if removed:
        words = ", ".join(f"{rows} of {table}" for table, rows in removed.items())
        _log.info("removed old rows: %s", words)


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
