"""An installation whose notifications a test sends at its own time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from paceline.bootstrap import open_context
from paceline.operations.context import Context
from paceline.operations.notifications import notifying
from paceline.settings import read_settings
from surroundings.turned_clock import TurnedClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The parts, and the clock that they share."""

    context: Context
    clock: TurnedClock

    @contextlib.asynccontextmanager
    async def notifying(self) -> AsyncIterator[None]:
        """The dispatcher at work; it has left when the block ends."""
        stop = asyncio.Event()
        task = asyncio.create_task(notifying.new_dispatcher(self.context).run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)


Install = Callable[..., Installation]


@pytest.fixture
def install(database_url: str, tmp_path: Path) -> Iterator[Install]:
    """Opens the installation, with settings of the test's own; the first call makes it."""
    opened: list[Context] = []

    def install(**settings: Any) -> Installation:
        values = {"private_hosts": "127.0.0.1", "webhook_timeout_seconds": 10.0, **settings}
        clock = TurnedClock()
        context = open_context(read_settings({}, database=database_url, data_dir=str(tmp_path), **values))
        opened.append(context)
        return Installation(context=replace(context, clock=clock), clock=clock)

    yield install
    for context in opened:
        context.close()
