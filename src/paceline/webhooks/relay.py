"""From facts to notifications: the queue's notices and outages of the databases, told to whoever wants to hear of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.contact_import import ImportStatus
from paceline.domain.errors import StoreUnavailable
from paceline.store.catalogue import imports, notifications
from paceline.store.catalogue.imports import ImportRow
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import notices
from paceline.webhooks.payload import body_of, notice_body, notice_key

_log = logging.getLogger("paceline.webhooks")

_AT_ONCE = 50
_OUTAGE_SECONDS = 10.0
_TOLD = (ImportStatus.COMPLETED, ImportStatus.FAILED)  # who cancels one knows


class NoticeRelay:
    """Turns notices into notifications. A crash between the two databases repeats a step that changes nothing."""

    def __init__(self, queue: Database, catalogue: Database, ids: PublicIds) -> None:
        self._queue = queue
        self._catalogue = catalogue
        self._ids = ids

    def run(self, *, now: float) -> int:
        """Tell of the oldest notices that were not told yet; returns how many there were."""
        with self._queue.read() as connection:
            found = notices.untold(connection, _AT_ONCE)
        if not found:
            return 0
        with self._catalogue.write() as connection:
            for notice in found:
                notifications.tell(
                    connection,
                    workspace_id=notice.workspace_id,
                    event=notice.kind,
                    event_key=notice_key(notice),
                    body=notice_body(notice, self._ids),
                    now=now,
                )
        with self._queue.write() as connection:
            notices.mark_told(connection, [notice.id for notice in found])
        return len(found)


class ImportRelay:
    """Tells of imports that have ended, each once: all of it is in one database and one transaction."""

    def __init__(self, catalogue: Database, ids: PublicIds) -> None:
        self._catalogue = catalogue
        self._ids = ids

    def run(self, *, now: float) -> int:
        """Tell of the oldest imports that were not told of yet; returns how many there were."""
        with self._catalogue.read() as connection:
            found = imports.untold(connection, limit=_AT_ONCE)
        if not found:
            return 0
        with self._catalogue.write() as connection:
            for row in found:
                if imports.mark_told(connection, row.id) and row.status in _TOLD:
                    self._tell(connection, row, now)
        return len(found)

    def _tell(self, connection: Connection, row: ImportRow, now: float) -> None:
        event, at = f"import.{row.status}", row.finished_at or now
        facts = {
            "import": self._ids.encode(IdKind.IMPORT, row.id),
            "file_name": row.file_name,
            "status": str(row.status),
            **row.counts,
            "reason": row.reason,
            "at": at,
        }
        notifications.tell(
            connection,
            workspace_id=row.workspace_id,
            event=event,
            event_key=f"{event} {row.id} {at!r}",
            body=body_of(event, facts, at=at),
            now=now,
        )


@dataclass(slots=True)
class _Outage:
    since: float
    noted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    event: str
    key: str
    body: str


class OutageWatch:
    """Remembers which database does not answer, and tells of it when the catalogue can be written."""

    def __init__(self, databases: dict[str, Database], catalogue: Database) -> None:
        """``databases`` by the name that events give them."""
        self._databases = databases
        self._catalogue = catalogue
        self._outages: dict[str, _Outage] = {}
        self._untold: list[_News] = []

    def look(self, *, now: float) -> bool:
        """Ask every database for a sign of life; True when all of them answer."""
        for name, database in self._databases.items():
            try:
                with database.read():
                    pass
            except StoreUnavailable as failure:
                self._is_away(name, failure, now)
            else:
                self._answers(name, now)
        return not self._outages

    def tell(self, *, now: float) -> None:
        """Tell every workspace what was not told yet. Raises StoreUnavailable, and then keeps it for the next time."""
        if not self._untold:
            return
        self._tell_everybody(self._untold, now)
        self._untold = []

    def _is_away(self, name: str, failure: StoreUnavailable, now: float) -> None:
        outage = self._outages.setdefault(name, _Outage(now))
        if outage.noted or now - outage.since < _OUTAGE_SECONDS:
            return
        outage.noted = True
        _log.error("the %s's database has not answered for %.0f s: %s", name, now - outage.since, failure)
        self._note("database.unreachable", {"database": name, "since": outage.since}, now)

    def _answers(self, name: str, now: float) -> None:
        outage = self._outages.pop(name, None)
        if outage is not None and outage.noted:
            seconds = round(now - outage.since, 1)
            _log.warning("the %s's database is back after %.0f s", name, seconds)
            facts = {"database": name, "since": outage.since, "back_at": now, "seconds": seconds}
            self._note("database.back", facts, now)

    def _note(self, event: str, data: dict[str, object], now: float) -> None:
        key = f"{event} {data['database']} {data['since']!r}"
        self._untold.append(_News(event=event, key=key, body=body_of(event, data, at=now)))

    def _tell_everybody(self, news: Sequence[_News], now: float) -> None:
        with self._catalogue.write() as connection:
            for workspace_id in notifications.workspaces(connection):
                for one in news:
                    notifications.tell(
                        connection,
                        workspace_id=workspace_id,
                        event=one.event,
                        event_key=one.key,
                        body=one.body,
                        now=now,
                    )
