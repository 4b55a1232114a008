"""The servers of one process, and what it tells other processes of how many connections they bear.

Nothing is written while nothing fails, and once a second at most for a server where something has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from paceline.domain.account import Account, WhatsAppLogin
from paceline.domain.errors import StoreUnavailable
from paceline.domain.server_width import ServerWidth
from paceline.engine.server_load import ServerLoad
from paceline.store.database import Database
from paceline.store.queue import server_widths

_log = logging.getLogger("paceline.engine")

_TOLD_EVERY_SECONDS = 1.0


class ServerLoads:
    """By host."""

    def __init__(self, database: Database, *, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._loads: dict[str, ServerLoad] = {}
        self._told_at: dict[str, float] = {}

    def of(self, account: Account) -> ServerLoad | None:
        """What all workers of an account's host share; WhatsApp numbers have a rate of their own instead."""
        if isinstance(account.login, WhatsAppLogin):
            return None
        return self._loads.setdefault(account.login.host.lower(), ServerLoad(self._now))

    async def exchange(self, widths: Mapping[str, ServerWidth], shares: Mapping[str, float]) -> None:
        """Learn what all know, and tell what is news; ``widths`` and ``shares`` were read a moment ago.

        News that the store does not take now stays news.
        """
        now = asyncio.get_running_loop().time()
        for host, load in self._loads.items():
            load.learn(widths.get(host, ServerWidth()), shares.get(host, 1.0))
        for host, load in list(self._loads.items()):
            if load.news is None or not self._may_tell(host, now):
                continue
            own, seen = load.news
            try:
                stored = await asyncio.to_thread(self._keep, host, own, seen)
            except StoreUnavailable as failure:
                _log.warning("how many connections %s bears cannot be told to others: %s", host, failure)
                return
            load.told(own, stored, shares.get(host, 1.0))
            self._told_at[host] = now

    def _may_tell(self, host: str, now: float) -> bool:
        return now - self._told_at.get(host, float("-inf")) >= _TOLD_EVERY_SECONDS

    def _keep(self, host: str, own: ServerWidth, seen: ServerWidth) -> ServerWidth:
        with self._database.write() as connection:
            return server_widths.keep(connection, host, own, seen, now=self._now())
