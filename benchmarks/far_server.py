"""A server that is far away: a proxy in a process of its own that lets every byte arrive later."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from surroundings.delay import delaying_proxy


@contextlib.contextmanager
def far_away(port: int, *, round_trip_seconds: float) -> Iterator[int]:
    """A port that leads to ``port`` of this machine the long way round."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(port, round_trip_seconds / 2, there))
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _run(port: int, one_way_seconds: float, ready: Connection) -> None:
    asyncio.run(_serve(port, one_way_seconds, ready))


async def _serve(port: int, one_way_seconds: float, ready: Connection) -> None:
    async with delaying_proxy(port, one_way_seconds=one_way_seconds) as nearer:
        ready.send(nearer)
        await asyncio.Event().wait()
