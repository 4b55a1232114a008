"""Starts processes, starts them again when they end, and ends them in order.

A child gets the reading end of a pipe as its standard input; when that ends, so does its supervisor, whatever killed it.
It says ``ready`` on its standard output. Its log is its standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from paceline.domain.wording import counted
from paceline.operations.installation.service_manager import ServiceManager

_log = logging.getLogger("paceline.supervisor")

READY = b"ready\n"
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0
_WELL_AFTER_SECONDS = 30.0
_START_SECONDS = 10.0
_TELL_EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one child runs.

    ``waits_for`` names the child that should be ready before it starts. ``farewell_seconds`` is how long it may take to
    end; of the ``stop_turn`` lower ones end first.
    """

    name: str
    command: Sequence[str]
    farewell_seconds: float
    waits_for: str = ""
    stop_turn: int = 0
    file_descriptors: tuple[int, ...] = ()


class Supervisor:
    """Several children: started, started again, and ended in order."""

    def __init__(self, programs: Sequence[Program], *, environment: Mapping[str, str], manager: ServiceManager) -> None:
        self._environment = {k: v for k, v in environment.items() if k not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        self._manager = manager
        self._lifeline, self._held_end = os.pipe()
        self._children = [_Child(program, self._environment, self._lifeline) for program in programs]

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Keep all children running until ``stop`` is set, then end them in order. ``on_ready``: all are, once."""
        tasks = [asyncio.create_task(self._sign_of_life())]
        starting = asyncio.create_task(self._start(tasks, on_ready))
        try:
            await stop.wait()
        finally:
            starting.cancel()
            tasks += [asyncio.create_task(self._ask_for_time())]
            for turn in sorted({child.program.stop_turn for child in self._children}):
                await asyncio.gather(*(c.end() for c in self._children if c.program.stop_turn == turn))
            await _cancel([starting, *tasks])
            os.close(self._held_end)
            os.close(self._lifeline)

    def kill(self) -> None:
        """End all children now. May be called from a signal handler."""
        for child in self._children:
            child.kill()

    async def _start(self, tasks: list[asyncio.Task[None]], on_ready: Callable[[], None]) -> None:
        by_name = {child.program.name: child for child in self._children}
        for child in sorted(self._children, key=lambda one: bool(one.program.waits_for)):
            if child.program.waits_for:
                await by_name[child.program.waits_for].is_ready_or_slow()
            tasks.append(asyncio.create_task(child.keep_running()))
        for child in self._children:
            await child.ready.wait()
        self._manager.ready(counted(len(self._children), "process", "processes"))
        on_ready()

    async def _sign_of_life(self) -> None:
        while (seconds := self._manager.alive_every_seconds) is not None:
            self._manager.alive()
            await asyncio.sleep(seconds)

    async def _ask_for_time(self) -> None:
        """Open transactions may take as long as their servers do: whoever waits for our end hears that we still work."""
        while True:
            self._manager.stopping(_TELL_EVERY_SECONDS * 5)
            await asyncio.sleep(_TELL_EVERY_SECONDS)


class _Child:
    """One child process, or the pause before it is started again."""

    def __init__(self, program: Program, environment: Mapping[str, str], lifeline: int) -> None:
        self.program = program
        self.ready = asyncio.Event()
        self._environment = environment
        self._lifeline = lifeline
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()

    async def is_ready_or_slow(self) -> None:
        """Wait until it is ready for the first time, but not for long: others can do without it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                await self.ready.wait()

    async def keep_running(self) -> None:
        """Start it, and again whenever it has ended, with growing pauses."""
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            pause = _FIRST_PAUSE_SECONDS if time.monotonic() - started > _WELL_AFTER_SECONDS else pause
            _log.warning("%s has ended (%s), it starts again in %.1f s", self.program.name, _in_words(code), pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.75, 1.0)):
                    await self._stopping.wait()
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def end(self) -> None:
        """Ask it to end, wait, and kill it when it takes too long."""
        self._stopping.set()
        if self._gone.is_set():
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.program.farewell_seconds):
                await self._gone.wait()
        except TimeoutError:
            _log.warning("%s did not end within %.0f s: killed", self.program.name, self.program.farewell_seconds)
            self.kill()
            await self._gone.wait()

    def kill(self) -> None:
        """End it now."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _run_once(self) -> int:
        self._gone.clear()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=self._lifeline,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                pass_fds=self.program.file_descriptors,
                start_new_session=True,  # Ctrl-C in a terminal is for the supervisor, which ends the others in order
            )
            if self._stopping.is_set():
                self._signal(signal.SIGTERM)
            assert self._process.stdout is not None
            async for line in self._process.stdout:
                if line == READY:
                    _log.info("%s is ready (process %s)", self.program.name, self._process.pid)
                    self.ready.set()
            return await self._process.wait()
        finally:
            self._gone.set()


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
