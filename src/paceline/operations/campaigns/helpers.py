"""Sender processes beside the one that attends a campaign: Python uses one core per process, a large campaign can use all."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from paceline.domain.sharing import one_more_helps
from paceline.operations.installation.supervisor import Supervisor

_MEASURE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class _Helper:
    supervisor: Supervisor
    stop: asyncio.Event
    task: asyncio.Task[None]


class Helpers:
    """The helpers of one campaign; each is started again when it ends before the campaign does."""

    def __init__(self, start: Callable[[str, int], Supervisor], *, senders: int | None) -> None:
        """``start`` makes a helper by its name and the campaign's number.

        ``senders`` is how many processes there shall be, this one included; None: as many as make the campaign faster.
        """
        self._start = start
        self._senders = senders
        self._helpers: list[_Helper] = []
        self._measured = (time.monotonic(), time.process_time())

    def consider(self, campaign_id: int, *, messages: int, accounts: int) -> None:
        """Start what is missing. Call it again and again; ``messages`` are those that are left."""
        while self._senders is not None and 1 + len(self._helpers) < min(self._senders, accounts):
            self._start_one(campaign_id)
        if self._senders is not None or (busy := self._busy()) is None:
            return
        senders, cores = 1 + len(self._helpers), _cores()
        if one_more_helps(busy=busy, messages=messages, senders=senders, accounts=accounts, cores=cores):
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
        supervisor, stop = self._start(f"sender-{len(self._helpers) + 2}", campaign_id), asyncio.Event()
        task = asyncio.create_task(supervisor.run(stop, on_ready=lambda: None))
        self._helpers.append(_Helper(supervisor, stop, task))

    def _busy(self) -> float | None:
        """The part of one core that this process has used since the last measurement; None: too short a time ago."""
        before, now = self._measured, (time.monotonic(), time.process_time())
        if now[0] - before[0] < _MEASURE_SECONDS:
            return None
        self._measured = now
        return (now[1] - before[1]) / (now[0] - before[0])


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
