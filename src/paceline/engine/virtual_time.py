"""An event loop whose time is not the world's: when nothing is left to do now, it is at once the next moment.

What other loops do in threads is done on the spot, so that no time passes beside the loop's own and every run is in the
same order. It has no connections to anywhere.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context
from itertools import count
from typing import Any, TypeVar, TypeVarTuple, Unpack

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

_FEW_TIMERS = 100


class NothingMoreHappens(RuntimeError):
    """Everything waits, and no moment is set at which something would change."""


class VirtualTimeLoop(asyncio.BaseEventLoop):
    """Time starts at 0 and passes only between events.

    It turns without a selector, which asyncio's own loops ask in every turn: a dry run makes sixteen for each message.
    """

    def __init__(self, *, before_time_passes: Callable[[float], bool] = lambda seconds: False) -> None:
        """``before_time_passes`` is asked when nothing is left to do for so many seconds; True: it has found something."""
        super().__init__()
        self._before = before_time_passes
        self._now = 0.0
        self._due: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = count()
        self._timers_cancelled = 0

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now

    def call_soon(
        self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """In the next turn."""
        handle = asyncio.Handle(callback, args, self, context)
        self._due.append(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """There is no other thread, and a loop that never waits need not be woken."""
        return self.call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Arguments]], object],
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """In the first turn at or after that moment; timers of the same moment in the order in which they were set."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Arguments]], _Result], *args: *_Arguments
    ) -> asyncio.Future[_Result]:
        """Run it on the spot; the future is done when it is returned."""
        future: asyncio.Future[_Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    # What asyncio's own loops do beside this belongs to connections and threads.

    def _run_once(self) -> None:
        """One turn: everything that is to be done now, or else the time until the next timer passes."""
        due = self._due
        self._ring()
        if not due:
            self._pass()
            self._ring()
        for _ in range(len(due)):
            handle = due.popleft()
            if not handle._cancelled:
                handle._run()

    def _ring(self) -> None:
        timers = self._timers
        while timers and timers[0][0] <= self._now:
            self._due.append(heapq.heappop(timers)[2])

    def _pass(self) -> None:
        timers = self._timers
        if self._timers_cancelled > max(_FEW_TIMERS, len(timers) // 2):
            timers[:] = [entry for entry in timers if not entry[2].cancelled()]
            heapq.heapify(timers)
            self._timers_cancelled = 0
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        next_at = timers[0][0] if timers else math.inf
        if self._before(next_at - self._now):
            return
        if not timers:
            raise NothingMoreHappens("everything waits, and no moment is set at which something would change")
        self._now = next_at

    def _timer_handle_cancelled(self, handle: Any) -> None:
        self._timers_cancelled += 1
