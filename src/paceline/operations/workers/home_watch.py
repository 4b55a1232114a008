"""The controller's recurring work for its remote workers: each in a thread of its own, so that none waits for another."""

from __future__ import annotations

import logging
import threading

from paceline.domain.errors import PacelineError, StoreUnavailable
from paceline.operations.context import Context
from paceline.operations.workers.asking import worker_client
from paceline.remote.calls import PeerFailed
from paceline.remote.status_sync import HomeParts, StatusSync
from paceline.remote.suppression_courier import SuppressionCourier
from paceline.store.queue import workers
from paceline.store.queue.workers import WorkerRow

_log = logging.getLogger("paceline.remote")

_PAUSE_AFTER_TROUBLE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 30.0


class HomeWatch:
    """Looks after every worker until told to stop."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads: dict[int, threading.Thread] = {}

    def run(self, stop: threading.Event) -> None:
        """Start a thread for each worker that has none; returns when all have ended. Raises StoreUnavailable."""
        over = threading.Event()
        try:
            while not stop.is_set():
                with self._context.queue.read() as connection:
                    known = [row.id for row in workers.every(connection)]
                for number in known:
                    if number not in self._threads or not self._threads[number].is_alive():
                        self._threads[number] = threading.Thread(
                            target=self._care, args=(number, over), name=f"paceline-worker-{number}", daemon=True
                        )
                        self._threads[number].start()
                stop.wait(self._context.settings.watch_seconds * 4)
        finally:
            over.set()
            for thread in self._threads.values():
                thread.join()
            self._threads.clear()

    def _care(self, number: int, over: threading.Event) -> None:
        """One worker, until it is removed or we leave; what goes wrong is tried again."""
        settings = self._context.settings
        care: tuple[tuple[object, ...], StatusSync, SuppressionCourier] | None = None
        failures = 0
        while not over.is_set():
            try:
                with self._context.queue.read() as connection:
                    row = workers.get(connection, number)
                if row is None:
                    return
                address = (row.url, row.ca_file, row.key_hash, row.former_until_at)
                known_by = (*address, row.incarnation, row.version)
                if care is None or care[0] != known_by:
                    care = (known_by, *self._put_together(row, over))
                busy = care[1].step()
                busy |= care[2].step()
                pause, failures = (0.0 if busy else settings.watch_seconds), 0
            except PeerFailed as failure:
                _log.warning("worker %s: %s", number, failure)
                longest = min(_PAUSE_AFTER_TROUBLE_SECONDS * 2.0 ** min(failures, 5), _LONGEST_PAUSE_SECONDS)
                pause, failures = longest * settings.worker_time_scale, failures + 1
            except StoreUnavailable as failure:
                _log.warning("workers wait for the database: %s", failure)
                pause = _PAUSE_AFTER_TROUBLE_SECONDS
            except PacelineError as error:
                _log.error("worker %s cannot be looked after: %s", number, error)
                pause = _PAUSE_AFTER_TROUBLE_SECONDS
            over.wait(pause)

    def _put_together(self, row: WorkerRow, over: threading.Event) -> tuple[StatusSync, SuppressionCourier]:
        context = self._context
        now = context.clock.now
        client = worker_client(context, row, over)
        parts = HomeParts(
            queue=context.queue,
            box=context.box,
            ids=context.ids,
            tokens=context.box.tokens(context.settings),
            now=now,
            scale=context.settings.worker_time_scale,
        )
        courier = SuppressionCourier(context.queue, row, client, ids=context.ids, now=now)
        return StatusSync(parts, row, client), courier
