"""The lease of one sender: a sign of life every few seconds, and whether a final dot may still be written.

Signs of life have a thread of their own: those that the loop shares out may all be waiting, for name servers or for the
store, and a sender that lives must not seem dead because of that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection

from paceline.clock import SteadyClock
from paceline.domain.errors import StoreUnavailable
from paceline.settings import Settings
from paceline.store.database import Database
from paceline.store.queue import installation, senders

_log = logging.getLogger("paceline.engine")


class SenderLease:
    """From ``begin`` to ``end``; these two are for threads, ``keep`` is for the event loop."""

    def __init__(self, database: Database, settings: Settings, clock: SteadyClock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._renewed_boot = float("-inf")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="paceline-lease")
        self.sender_id = 0
        """The sender's number; 0 before the lease has begun."""
        self.lost = False
        """Whether others have declared the sender dead."""

    def begin(self, process: str, *, campaign_id: int | None, prepare: Callable[[Connection], None]) -> int:
        """Put the sender on the list of the living; returns its slot. ``prepare`` is called in the same transaction.

        Raises StoreUnavailable.
        """
        boot, now = self._clock.boot(), self._clock.now()
        until = now + self._settings.lease_seconds
        with self._database.write() as connection:
            self.sender_id, slot = senders.register(
                connection, process=process, campaign_id=campaign_id, now=now, lease_until=until
            )
            prepare(connection)
        self._renewed_boot = boot
        return slot

    async def keep(self) -> None:
        """Renew it until it is lost."""
        while not self.lost:
            await asyncio.sleep(self._settings.heartbeat_seconds)
            try:
                self.lost = not await asyncio.get_running_loop().run_in_executor(self._thread, self._renew)
            except StoreUnavailable as failure:
                _log.warning("the lease cannot be renewed: %s", failure)

    def holds(self) -> bool:
        """Whether a final dot may be written: the last renewal is young enough by the boot clock."""
        age = self._clock.boot() - self._renewed_boot
        return age < self._settings.lease_seconds - self._settings.lease_margin_seconds

    def end(self) -> None:
        """Leave the list of the living. Raises StoreUnavailable."""
        with self._database.write() as connection:
            senders.end(connection, self.sender_id, now=self._clock.now())
            installation.remember_clock(connection, self._clock.reading())

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)

    def _renew(self) -> bool:
        self._clock.follow()
        boot, now = self._clock.boot(), self._clock.now()
        with self._database.write() as connection:
            alive = senders.renew(connection, self.sender_id, lease_until=now + self._settings.lease_seconds)
            installation.remember_clock(connection, self._clock.reading())
        if alive:
            self._renewed_boot = boot
        return alive
