"""The files of an installation and their ids at the provider, as the queue keeps both."""

from __future__ import annotations

from collections.abc import Callable

from paceline.channels.whatsapp.media import Content
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import files, whatsapp_media
from paceline.store.queue.files import FileRow


class QueueMediaShelf:
    """``paceline.channels.whatsapp.media.MediaShelf`` on the queue. Whose a file is was asked before the campaign started."""

    def __init__(self, queue: Database, ids: PublicIds, now: Callable[[], float]) -> None:
        self._queue = queue
        self._public_ids = ids
        self._now = now

    def known(self, account_id: int, file_id: str) -> str | None:
        """The provider's id of a file, if it is good for another day."""
        row = self._row(file_id)
        if row is None:
            return None
        with self._queue.read() as connection:
            return whatsapp_media.find(connection, account_id, row.digest, now=self._now())

    def content(self, file_id: str) -> Content | None:
        """The file."""
        row = self._row(file_id)
        if row is None:
            return None
        with self._queue.read() as connection:
            return Content(row.name, row.media_type, files.content(connection, row.id))

    def keep(self, account_id: int, file_id: str, media_id: str) -> None:
        """It was uploaded."""
        row = self._row(file_id)
        if row is not None:
            with self._queue.write() as connection:
                whatsapp_media.keep(connection, account_id, row.digest, media_id, now=self._now())

    def forget(self, account_id: int) -> None:
        """The provider does not find what this number has uploaded."""
        with self._queue.write() as connection:
            whatsapp_media.forget(connection, account_id)

    def _row(self, file_id: str) -> FileRow | None:
        number = self._public_ids.decode(IdKind.FILE, file_id)
        if number is None:
            return None
        with self._queue.read() as connection:
            return files.anywhere(connection, number)
