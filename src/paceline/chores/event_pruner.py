"""Removes what nobody needs any more: old events, usage that counts in no window, ended senders, keys of old requests,
sessions and links that have expired, failed logins of long ago.

It works in batches of some hundred rows and rests after each for several times as long as it took, so that a sender at
full speed loses next to nothing by it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Protocol

from paceline.clock import SteadyClock
from paceline.domain.allowance import LONGEST_WINDOW_SECONDS, bucket_of
from paceline.settings import Settings
from paceline.store.catalogue import pruning as catalogue_pruning
from paceline.store.database import Database
from paceline.store.queue import kept_mail, pruning as queue_pruning

_log = logging.getLogger("paceline.chores")

_DAY_SECONDS = 86400.0
_EVERY_SECONDS = 6 * 3600.0
_FIRST_AFTER_SECONDS = 60.0
_REST = 5.0
_LONGEST_REST_SECONDS = 1.0

IDEMPOTENCY_SECONDS = _DAY_SECONDS
"""How long a repeated request is answered with the first one's answer."""
_SENDER_SECONDS = 7 * _DAY_SECONDS
_FAILED_WEBHOOK_SECONDS = 14 * _DAY_SECONDS
_WHATSAPP_ID_SECONDS = 60 * _DAY_SECONDS  # longer than anybody answers, and than a receipt may come
_LINK_SECONDS = 30 * _DAY_SECONDS
_SIGN_SECONDS = 30 * _DAY_SECONDS  # much longer than they count
_KEPT_MAIL_SECONDS = 30 * _DAY_SECONDS
_ATTEMPT_SECONDS = 7 * _DAY_SECONDS  # much longer than they count


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


def run(parts: Parts, stop: threading.Event, *, first_after_seconds: float = _FIRST_AFTER_SECONDS) -> None:
    """Prune now and then until ``stop`` is set. Raises StoreUnavailable; a second call goes on."""
    wait = first_after_seconds
    while not stop.wait(wait):
        wait = _EVERY_SECONDS
        removed = {table: rows for table, rows in prune(parts, stop).items() if rows}
        if removed:
            _log.info("removed old rows: %s", ", ".join(f"{rows} of {table}" for table, rows in removed.items()))


def prune(parts: Parts, stop: threading.Event) -> Mapping[str, int]:
    """Remove everything whose time is over, unless ``stop`` is set in between; returns the rows removed by table.

    Raises StoreUnavailable; what was removed by then stays removed, and a second call goes on.
    """
    removed: Counter[str] = Counter()
    for table, walk in _walks(parts, parts.clock.now()):
        began = time.monotonic()
        for rows in walk:
            removed[table] += rows
            if stop.wait(min((time.monotonic() - began) * _REST, _LONGEST_REST_SECONDS)):
                return removed
            began = time.monotonic()
    return removed


def _walks(parts: Parts, now: float) -> Iterator[tuple[str, Iterator[int]]]:
    settings, queue, catalogue = parts.settings, parts.queue, parts.catalogue
    yield "usage", queue_pruning.usage(queue, before_bucket=bucket_of(now - LONGEST_WINDOW_SECONDS))
    yield "senders", queue_pruning.ended_senders(queue, before=now - _SENDER_SECONDS)
    yield "idempotency_keys", catalogue_pruning.idempotency_keys(catalogue, before=now - IDEMPOTENCY_SECONDS)
    yield "sessions", catalogue_pruning.sessions(catalogue, before=now)
    yield "one_time_links", catalogue_pruning.one_time_links(catalogue, before=now - _LINK_SECONDS)
    yield "login_attempts", catalogue_pruning.login_attempts(catalogue, before=now - _ATTEMPT_SECONDS)
    if settings.keep_audit_days:
        yield "audit", catalogue_pruning.audit(catalogue, before=now - settings.keep_audit_days * _DAY_SECONDS)
    soft_bounces_from = now - settings.soft_bounce_days * _DAY_SECONDS
    yield "soft_bounces", queue_pruning.soft_bounces(queue, before=soft_bounces_from)
    yield "health_signs", queue_pruning.health_signs(queue, before=now - _SIGN_SECONDS)
    yield "received_webhooks", queue_pruning.failed_webhooks(queue, before=now - _FAILED_WEBHOOK_SECONDS)
    yield "whatsapp_ids", queue_pruning.whatsapp_ids(queue, before=now - _WHATSAPP_ID_SECONDS)
    yield "kept_mail", kept_mail.prune(queue, before=now - _KEPT_MAIL_SECONDS)
    if settings.keep_events_days:
        yield "rate_samples", queue_pruning.rate_samples(queue, before=now - settings.keep_events_days * _DAY_SECONDS)
        yield "facts", queue_pruning.facts(queue, before=now - settings.keep_events_days * _DAY_SECONDS)
        yield "events", queue_pruning.events(queue, before=now - settings.keep_events_days * _DAY_SECONDS)
