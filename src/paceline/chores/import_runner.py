"""Works on the imports that wait, the oldest first, and takes over those whose process is gone."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from paceline.audience.importer import HOLD_SECONDS, ContactImport
from paceline.domain.contact_import import ImportStatus
from paceline.domain.errors import StoreUnavailable
from paceline.engine.process_identity import is_surely_dead, own_process
from paceline.store.catalogue import imports
from paceline.store.catalogue.imports import ImportRow
from paceline.store.database import Database

_log = logging.getLogger("paceline.chores")

_PAUSE_SECONDS = 1.0
_PAUSE_AFTER_TROUBLE_SECONDS = 5.0


class ImportRunner:
    """Does imports, one after the other; ``run`` blocks and belongs into a thread of the background process."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], float],
        refused_path: Callable[[ImportRow], Path],
        forgotten: Callable[[int, list[str]], set[str]],
    ) -> None:
        """``refused_path`` says where an import's file of refused rows goes, ``forgotten`` who was erased of a workspace."""
        self._forgotten = forgotten
        self._database = database
        self._now = now
        self._refused_path = refused_path
        self._holder = own_process() or uuid.uuid4().hex

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop: what was begun then waits for the next run, here or elsewhere."""
        while not stop.is_set():
            try:
                if not self.run_next(stop):
                    stop.wait(_PAUSE_SECONDS)
            except StoreUnavailable as error:
                _log.warning("imports wait for the database: %s", error)
                stop.wait(_PAUSE_AFTER_TROUBLE_SECONDS)

    def run_next(self, stop: threading.Event) -> bool:
        """Work on the oldest import that is free; False when there is none."""
        with self._database.read() as connection:
            found = imports.unfinished(connection)
        for row in found:
            taken = self.take(row)
            if taken is not None:
                self.work_on(taken, stop)
                return True
        return False

    def take(self, row: ImportRow) -> ImportRow | None:
        """Make an import this process's own; None when another process works on it, or it has ended."""
        now = self._now()
        if not is_free(row, now=now):
            return None
        until = now + HOLD_SECONDS
        with self._database.write() as connection:
            if not imports.take(connection, row, holder=self._holder, until=until, now=now):
                return None
        return replace(row, status=ImportStatus.RUNNING, holder=self._holder, held_until_at=until)

    def work_on(
        self, taken: ImportRow, stop: threading.Event, *, on_progress: Callable[[dict[str, int]], None] | None = None
    ) -> None:
        """Import to the end, or until ``stop``."""
        ContactImport(
            self._database,
            taken,
            holder=self._holder,
            refused_path=self._refused_path(taken),
            now=self._now,
            on_progress=on_progress,
            forgotten=partial(self._forgotten, taken.workspace_id),
        ).run(stop)


def is_free(row: ImportRow, *, now: float) -> bool:
    """Whether nobody works on an import that has not ended: it waits, or its process is dead or silent for long."""
    if row.finished_at is not None:
        return False
    if row.status is ImportStatus.WAITING or row.holder is None:
        return True
    return (row.held_until_at or 0.0) < now or is_surely_dead(row.holder)
