"""An event loop whose time is not the world's: when nothing is left to do now, it is at once the next moment.

What other loops do in threads is done on the spot, so that no time passes beside the loop's own and every run is in the
same order. It has no connections to anywhere.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple, Unpack

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


class NothingMoreHappens(RuntimeError):
    """Everything waits, and no moment is set at which something would change."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and passes only between events."""

    def __init__(self, *, before_time_passes: Callable[[float], bool] = lambda seconds: False) -> None:
        """``before_time_passes`` is asked when nothing is left to do for so many seconds; True: it has found something."""
        self._passed = 0.0
        self._before = before_time_passes
        super().__init__(_NoWaiting(self._pass))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._passed

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[_Arguments]], object], *args: *_Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """There is no other thread, and a loop that never waits need not be woken through its pipe."""
        return self.call_soon(callback, *args, context=context)

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

    def _pass(self, seconds: float | None) -> None:
        if self._before(math.inf if seconds is None else seconds):
            return
        if seconds is None:
            raise NothingMoreHappens("everything waits, and no moment is set at which something would change")
        self._passed += seconds


class _NoWaiting(selectors.BaseSelector):
    """Knows of no connection, and lets time pass instead of waiting."""

    def __init__(self, let_pass: Callable[[float | None], None]) -> None:
        self._let_pass = let_pass
        self._map: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """The loop's own pipe, through which nothing comes."""
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._map[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget it."""
        return self._map.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing ever comes; time passes."""
        if timeout is None or timeout > 0:
            self._let_pass(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """What is registered."""
        return self._map
