"""Sender processes beside the one that attends a campaign: Python uses one core per process, a large campaign can use all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from paceline.operations.installation.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class _Helper:
    supervisor: Supervisor
    stop: asyncio.Event
    task: asyncio.Task[None]


class Helpers:
    """The helpers of one campaign; each is started again when it ends before the campaign does."""

    def __init__(self, start: Callable[[str, int], Supervisor], *, senders: int) -> None:
        """``start`` makes a helper by its name and the campaign's number; ``senders`` counts this process as well."""
        self._new = start
        self._senders = senders
        self._helpers: list[_Helper] = []

    def start(self, campaign_id: int, *, accounts: int) -> None:
        """Start what is missing, but none that would have no account. May be called again."""
        while 1 + len(self._helpers) < min(self._senders, accounts):
            self._start_one(campaign_id)

    async def end(self) -> None:
        """Ask all helpers to end and wait for them: they finish their open transactions."""
        for helper in self._helpers:
            helper.stop.set()
        await asyncio.gather(*(helper.task for helper in self._helpers))

    def kill(self) -> None:
        """End all helpers now. May be called from a signal handler."""
        for helper in self._helpers:
            helper.supervisor.kill()

    def _start_one(self, campaign_id: int) -> None:
        supervisor, stop = self._new(f"sender-{len(self._helpers) + 2}", campaign_id), asyncio.Event()
        task = asyncio.create_task(supervisor.run(stop, on_ready=lambda: None))
        self._helpers.append(_Helper(supervisor, stop, task))
