"""Streams an audience file into the queue, part by part; killed and repeated it goes on where it was.

Each part and the cursor behind it are one transaction. A repeated launch reads the file from the beginning (only so it
can know what is a duplicate) and skips what is in the queue already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from paceline.audience.audience import Audience
from paceline.audience.contact import Contact, RefusedRow, refused
from paceline.audience.refused_rows import RefusedRowsFile
from paceline.domain.errors import StoreUnavailable
from paceline.store.database import Database
from paceline.store.queue import campaigns, launching
from paceline.store.queue.erasures import Forgotten
from paceline.store.queue.launching import NewMessage

_Result = TypeVar("_Result")

_PART = 1000  # rows: each part is a commit of its own, for which others who write wait
_PAUSE_SECONDS = 0.5


class FileLaunch:
    """The launch of one campaign from one file; ``run`` blocks and belongs into a thread."""

    def __init__(
        self,
        *,
        database: Database,
        campaign_id: int,
        audience: Audience,
        refused_path: Path,
        now: Callable[[], float],
        on_part: Callable[[], None],
        part_of: Callable[[Contact], int | None] = lambda contact: 0,
        forgotten: Forgotten | None = None,
    ) -> None:
        """``on_part`` is called after each portion that was queued; ``part_of`` says which part of the campaign a contact
        belongs to, None for those for whom it has nothing; ``forgotten`` knows who was erased.
        """
        self._forgotten = forgotten
        self._database = database
        self._campaign_id = campaign_id
        self._audience = audience
        self._refused_path = refused_path
        self._now = now
        self._on_part = on_part
        self._part_of = part_of
        self._stopping = threading.Event()
        self.refused = 0
        """Rows refused so far."""

    def stop(self) -> None:
        """Leave after the part that is being written; a later launch goes on from there."""
        self._stopping.set()

    def run(self) -> bool:
        """Launch to the end; False when stopped before, or when the campaign has ended or another process launches it."""
        with RefusedRowsFile(self._refused_path, self._audience.columns) as refused_file:
            for part in map(self._sorted_out, self._audience.batches(_PART)):
                refused_rows = [row for row in part if isinstance(row, RefusedRow)]
                refused_file.write(refused_rows)
                self.refused += len(refused_rows)
                if not self._queue(part):
                    refused_file.abandon()
                    return False
            self._patiently(self._finish)
        self._on_part()
        return True

    def _sorted_out(self, rows: list[Contact | RefusedRow]) -> list[Contact | RefusedRow]:
        """The same rows; contacts for whom the campaign has nothing are refused."""
        return [
            refused(row.line, "no template of the campaign is meant for this contact", row.fields.values())
            if isinstance(row, Contact) and self._part_of(row) is None
            else row
            for row in rows
        ]

    def _queue(self, part: list[Contact | RefusedRow]) -> bool:
        """Bring one part into the queue; False to leave."""
        last_line = part[-1].line
        while not self._stopping.is_set():
            cursor = self._patiently(self._cursor)
            if cursor is None:
                return False
            if last_line <= cursor:
                return True
            if self._patiently(partial(self._add, part, cursor, last_line)):
                self._on_part()
                return True
            self._stopping.wait(_PAUSE_SECONDS)  # another process launches the same campaign: follow it
        return False

    def _cursor(self) -> int | None:
        """The last line in the queue; None when the campaign takes no more."""
        with self._database.read() as connection:
            campaign = campaigns.get(connection, self._campaign_id)
        return None if campaign.finished_at is not None or campaign.launched_at is not None else campaign.launch_cursor

    def _add(self, part: list[Contact | RefusedRow], after: int, cursor: int) -> bool:
        rows = [
            NewMessage(contact_id=c.line, address=c.address, fields=c.fields, part=self._part_of(c) or 0)
            for c in part
            if isinstance(c, Contact) and c.line > after
        ]
        with self._database.write_much() as connection:
            return launching.add(
                connection,
                self._database,
                self._campaign_id,
                rows,
                after=after,
                cursor=cursor,
                refused=self.refused,
                slot=0,
                now=self._now(),
                forgotten=self._forgotten,
            )

    def _finish(self) -> None:
        with self._database.write() as connection:
            launching.finish(connection, self._campaign_id, now=self._now())

    def _patiently(self, work: Callable[[], _Result]) -> _Result:
        """Do a piece of work, again while the database is unavailable; not in one that is thrown away in the end."""
        pause = 0.1
        while True:
            try:
                return work()
            except StoreUnavailable:
                if not self._database.is_kept or self._stopping.wait(pause):
                    raise
                pause = min(pause * 2, 2.0)
