"""Brings a file of recipients into the catalogue, part by part; killed and repeated it goes on where it was.

The rows of each transaction, the counts and the place in the file are committed together. Transactions are short, and
shorter still while others wait for their turn.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from paceline.audience.contact_parts import Part, PartContact
from paceline.audience.import_step import ImportStep, StepResult
from paceline.audience.parts_source import PartsSource, ReaderLost
from paceline.audience.refused_rows import RefusedRowsFile
from paceline.domain.contact_import import ImportStatus
from paceline.domain.errors import InputError, StoreUnavailable
from paceline.store.catalogue import imports
from paceline.store.catalogue.imports import ImportRow, Place
from paceline.store.database import Database

_Result = TypeVar("_Result")

HOLD_SECONDS = 30.0
"""After this without a sign of life another process may take an import over."""

_LONGEST_LOCK_SECONDS = 0.025
_LONGEST_LOCK_OF_ROWS_SECONDS = 0.1
_LONGEST_LOCK_BESIDE_OTHERS_SECONDS = 0.008
_OTHERS_ARE_WAITING_SECONDS = 0.003
_FEWEST_ROWS, _FIRST_ROWS, _MOST_ROWS = 100, 500, 5_000


class _LostError(Exception):
    """The import has ended, or another process works on it now."""


class _NotThereError(Exception):
    """The place in the database is another one than this process remembers."""


class ContactImport:
    """The work on one import that this process holds; ``run`` blocks and belongs into a thread."""

    def __init__(
        self,
        database: Database,
        row: ImportRow,
        *,
        holder: str,
        refused_path: Path,
        now: Callable[[], float],
        on_progress: Callable[[dict[str, int]], None] | None = None,
        forgotten: Callable[[list[str]], set[str]] = lambda _: set(),
    ) -> None:
        """``row`` as it was taken; ``on_progress`` is called with the counts after each transaction.

        ``forgotten`` says which of some addresses were erased from the workspace.
        """
        self._forgotten = forgotten
        self._database = database
        self._row = row
        self._holder = holder
        self._refused_path = refused_path
        self._now = now
        self._on_progress = on_progress
        self._place = row.place
        self._counts = Counter(row.counts)
        self._rows_per_step = _FIRST_ROWS
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Import to the end, or until ``stop`` is set; then the import waits for the next one who takes it.

        What cannot be read ends it as failed, with the reason. Raises StoreUnavailable when stopped while the database
        does not answer.
        """
        self._stop = stop
        try:
            status, reason = self._work()
        except _LostError:
            return
        except StoreUnavailable:
            with suppress(StoreUnavailable):
                self._release()
            raise
        except (InputError, ReaderLost) as error:
            status, reason = ImportStatus.FAILED, str(error).replace(self._row.file, self._row.file_name)
        except OSError as error:
            status, reason = ImportStatus.FAILED, f"the file of refused rows cannot be written: {error}"
        if status is ImportStatus.WAITING:
            self._patiently(self._release)
            return
        self._patiently(lambda: self._end(status, reason))
        if not self._row.options.get("keep_file"):
            Path(self._row.file).unlink(missing_ok=True)

    def _work(self) -> tuple[ImportStatus, str | None]:
        place = self._row.place
        rename = self._row.options.get("mapping", {})
        with PartsSource(Path(self._row.file), rename=rename, cursor=place.cursor, part_end=place.part_end) as source:
            if source.digest != self._row.digest:
                return ImportStatus.FAILED, f"{self._row.file_name}: the file was changed since the import was begun"
            step = ImportStep(self._database, self._row, by_phone=source.by_phone, forgotten=self._forgotten)
            self._refused_path.parent.mkdir(parents=True, exist_ok=True)
            with RefusedRowsFile(self._refused_path, source.columns) as refused_file:
                for part in source.parts():
                    refused_file.write(part.refused)
                    if not self._import(part, step, refused_file):
                        refused_file.abandon()
                        return ImportStatus.WAITING, None
                missing = self._counts["refused"] + self._counts["duplicates"] - refused_file.count
        return ImportStatus.COMPLETED, _describe_missing(missing)

    def _import(self, part: Part, step: ImportStep, refused_file: RefusedRowsFile) -> bool:
        """Import what is left of one part; False to leave."""
        if part.end <= self._row.place.cursor:
            return True
        if self._place.part_done == 0:
            self._place = replace(self._place, part_end=part.end)
        while True:
            if self._stop.is_set():
                return False
            done = self._place.part_done
            contacts = part.contacts[done : done + self._rows_per_step]
            is_last = done + len(contacts) == len(part.contacts)
            result = self._patiently(lambda: self._write(part, contacts, step, is_last=is_last))  # noqa: B023  # called at once
            refused_file.write(result.refused)
            if self._on_progress:
                self._on_progress(dict(self._counts))
            if is_last:
                return True

    def _write(self, part: Part, contacts: list[PartContact], step: ImportStep, *, is_last: bool) -> StepResult:
        """One transaction: contacts, subscriptions, counts and place."""
        before = self._place
        done = before.part_done + len(contacts)
        after = Place(cursor=part.end, part_end=part.end) if is_last else replace(before, part_done=done)
        try:
            result, counts = self._commit(part, contacts, step, before, after)
        except _NotThereError:
            result, counts = StepResult(), self._counts_if_done(after)
        self._place = after
        self._counts.update(counts)
        return result

    def _commit(
        self, part: Part, contacts: list[PartContact], step: ImportStep, before: Place, after: Place
    ) -> tuple[StepResult, Counter[str]]:
        asked_at = time.perf_counter()
        with self._database.write_much() as connection:
            began_at = time.perf_counter()
            now = self._now()
            result = step.write(connection, contacts, now=now)
            counts = Counter(result.counts)
            if after.cursor == part.end:
                counts.update(duplicates=part.duplicates, refused=len(part.refused) - part.duplicates)
            counts["rows"] = sum(counts.values())
            moved = imports.advance(
                connection,
                self._row.id,
                holder=self._holder,
                before=before,
                after=after,
                counts=counts,
                until=now + HOLD_SECONDS,
            )
            if not moved:
                raise _NotThereError
        self._give_way(len(contacts), waited=began_at - asked_at, held=time.perf_counter() - began_at)
        return result, counts

    def _counts_if_done(self, after: Place) -> Counter[str]:
        """What to add to the counts when the transaction before this one was committed although it seemed lost."""
        with self._database.read() as connection:
            row = imports.get(connection, self._row.id)
        if row is None or row.holder != self._holder or row.place != after:
            raise _LostError
        added = Counter(row.counts)
        added.subtract(self._counts)
        return added

    def _give_way(self, rows: int, *, waited: float, held: float) -> None:
        """Choose the next transaction's size, and leave others as much time as we took, while there are others."""
        others = self._database.one_writer and waited > _OTHERS_ARE_WAITING_SECONDS
        if not self._database.one_writer:
            wanted = _LONGEST_LOCK_OF_ROWS_SECONDS
        else:
            wanted = _LONGEST_LOCK_BESIDE_OTHERS_SECONDS if others else _LONGEST_LOCK_SECONDS
        if rows == self._rows_per_step:
            factor = min(1.5, max(0.5, wanted / held))
            self._rows_per_step = max(_FEWEST_ROWS, min(_MOST_ROWS, int(rows * factor)))
        if others:
            self._stop.wait(held)

    def _release(self) -> None:
        with self._database.write() as connection:
            imports.release(connection, self._row.id, holder=self._holder)

    def _end(self, status: ImportStatus, reason: str | None) -> None:
        with self._database.write() as connection:
            imports.end(connection, self._row.id, status, holder=self._holder, reason=reason, now=self._now())

    def _patiently(self, work: Callable[[], _Result]) -> _Result:
        """Do a piece of work, again while the database is unavailable."""
        pause = 0.1
        while True:
            try:
                return work()
            except StoreUnavailable:
                if self._stop.wait(pause):
                    raise
                pause = min(pause * 2, 2.0)


def _describe_missing(missing: int) -> str | None:
    if missing <= 0:
        return None
    return (
        f"{missing:,} refused rows are not in the file of refused rows: they were refused before a restart, "
        "because of what they would have made of contacts that were there already"
    )
