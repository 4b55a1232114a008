"""The loop of dry runs: its time passes only between events, and what others do in threads is done on the spot."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from paceline.engine.virtual_time import NothingMoreHappens, VirtualTimeLoop


def test_a_month_passes_at_once_and_in_order() -> None:
    seen: list[tuple[str, float]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, asyncio.get_running_loop().time()))

    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wait("later", 30 * 86_400.0))
            tasks.create_task(wait("sooner", 0.5))

    began = time.monotonic()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())
    assert seen == [("sooner", 0.5), ("later", 30 * 86_400.0)]
    assert time.monotonic() - began < 10


def test_work_for_a_thread_is_done_on_the_spot_and_its_errors_arrive() -> None:
    async def story() -> int:
        with pytest.raises(KeyError):
            await asyncio.to_thread(dict[str, int]().__getitem__, "nothing")
        return await asyncio.to_thread(threading.get_ident)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(story()) == threading.get_ident()


def test_time_does_not_pass_while_somebody_finds_something_to_do() -> None:
    found: list[float] = []
    changed = asyncio.Event()

    def look(seconds: float) -> bool:
        found.append(seconds)
        if len(found) == 1:
            changed.set()
            return True
        return False

    async def story() -> float:
        async with asyncio.timeout(100):
            await changed.wait()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(before_time_passes=look)) as runner:
        assert runner.run(story()) == 0.0
    assert found[0] == 100


def test_waiting_for_what_never_comes_is_an_error_and_no_standstill() -> None:
    async def story() -> None:
        await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner, pytest.raises(NothingMoreHappens):
        runner.run(story())


def test_nobody_is_asked_while_a_timer_is_due_and_a_cancelled_one_never_rings() -> None:
    asked: list[float] = []
    rung: list[str] = []

    def look(seconds: float) -> bool:
        asked.append(seconds)
        return False

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0, rung.append, "now")
        for _ in range(1000):  # more than are kept once they are cancelled
            loop.call_later(5, rung.append, "never").cancel()
        await asyncio.sleep(10)

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(before_time_passes=look)) as runner:
        runner.run(story())
    assert (rung, asked) == (["now"], [10])
