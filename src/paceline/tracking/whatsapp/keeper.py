"""Webhooks as they come: kept before they are answered, all that came during one transaction together in the next one.

So hundreds of them a second cost a sender a few short transactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from paceline.store.database import Database
from paceline.store.queue import received_webhooks

_MOST_TOGETHER = 100


class WebhookKeeper:
    """Keeps the bodies of one application."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, body: bytes) -> None:
        """Returns once it is stored. Raises StoreUnavailable."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, stored))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="webhooks of WhatsApp")
        await stored

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
            failure: Exception | None = None
            try:
                await asyncio.to_thread(self._store, [body for body, _ in group])
            except Exception as error:
                failure = error
            for _, stored in group:
                if stored.done():  # whoever sent it has hung up
                    continue
                if failure is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(failure)

    def _store(self, bodies: list[bytes]) -> None:
        with self._database.write() as connection:
            received_webhooks.keep(connection, bodies, now=self._now())
