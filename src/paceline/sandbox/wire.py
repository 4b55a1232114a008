"""The way between a connection and its client: simulated latency, slow reading, orderly and rude endings."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, cast

_TICK_SECONDS: Final = 0.02
_EARLY_SECONDS: Final = 0.001  # timers may fire a little early
_TINY_BUFFER_BYTES: Final = 1_024


class DelayLine:
    """Calls what it is given after a fixed time, in order, any number under way."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, call: Callable[[], None]) -> None:
        """Call this once its time has passed."""
        self._queue.append((self._loop.time() + self._seconds, call))
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        while self._queue and self._queue[0][0] <= self._loop.time() + _EARLY_SECONDS:
            self._queue.popleft()[1]()
        if self._queue:
            self._timer = self._loop.call_at(self._queue[0][0], self._deliver)

    def cancel(self) -> None:
        """Forget what is under way."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Wire:
    """One connection's transport. ``latency_seconds`` is the time one way; it does not limit how much is under way."""

    def __init__(
        self, transport: asyncio.Transport, *, latency_seconds: float, deliver: Callable[[bytes], None]
    ) -> None:
        self.transport = transport
        self._deliver = deliver
        self._out = DelayLine(latency_seconds) if latency_seconds else None
        self._in = DelayLine(latency_seconds) if latency_seconds else None
        self._slow: _SlowReader | None = None

    @property
    def is_plain(self) -> bool:
        """Whether what arrives may be taken at once, without ``received``."""
        return self._in is None and self._slow is None

    def received(self, chunk: bytes) -> None:
        """Hand on what the transport received, when its time has come."""
        if self._in is not None:
            self._in.put(partial(self._read, chunk))
        else:
            self._read(chunk)

    def _read(self, chunk: bytes) -> None:
        if self._slow is not None:
            self._slow.add(chunk)
        else:
            self._deliver(chunk)

    def write(self, octets: bytes) -> None:
        """Send octets; after the end of the connection, nothing."""
        if self._out is not None:
            self._out.put(partial(_write, self.transport, octets))
        else:
            _write(self.transport, octets)

    @property
    def is_congested(self) -> bool:
        """Whether the client leaves much unread."""
        return self.transport.is_closing() or self.transport.get_write_buffer_size() > 65_536

    def close(self) -> None:
        """End the connection behind everything that was written."""
        if self._out is not None:
            self._out.put(self.transport.close)
        else:
            self.transport.close()

    def reset(self) -> None:
        """End the connection with a TCP RST behind everything that was written."""
        if self._out is not None:
            self._out.put(self._reset)
        else:
            self._reset()

    def _reset(self) -> None:
        self._set_option(socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def slow_down(self, bytes_per_second: int) -> None:
        """Read no faster from now on, through the smallest window that the system grants."""
        self._set_option(socket.SO_RCVBUF, _TINY_BUFFER_BYTES)
        self._slow = _SlowReader(self.transport, bytes_per_second, self._deliver)

    def _set_option(self, option: int, value: int | bytes) -> None:
        known = cast("socket.socket", self.transport.get_extra_info("socket"))
        # A duplicate shares the connection's options; uvloop's own object does not let them be set.
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(known.fileno())) as duplicate:
            duplicate.setsockopt(socket.SOL_SOCKET, option, value)

    def cut(self) -> None:
        """End the connection at once and forget what is under way."""
        for line in (self._in, self._out, self._slow):
            if line is not None:
                line.cancel()
        self.transport.abort()


def _write(transport: asyncio.Transport, octets: bytes) -> None:
    if not transport.is_closing():
        transport.write(octets)


class _SlowReader:
    """Hands octets on at a fixed rate and reads no more while some are left."""

    def __init__(self, transport: asyncio.Transport, bytes_per_second: int, deliver: Callable[[bytes], None]) -> None:
        self._transport = transport
        self._interval_seconds = max(_TICK_SECONDS, 1 / bytes_per_second)
        self._portion = max(1, int(bytes_per_second * self._interval_seconds))
        self._deliver = deliver
        self._held = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, chunk: bytes) -> None:
        """Take what arrived."""
        self._held += chunk
        self._transport.pause_reading()
        if self._timer is None:
            self._hand_on()

    def _hand_on(self) -> None:
        self._timer = None
        portion = bytes(self._held[: self._portion])
        del self._held[: self._portion]
        self._deliver(portion)
        if self._held:
            self._timer = asyncio.get_running_loop().call_later(self._interval_seconds, self._hand_on)
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def cancel(self) -> None:
        """Forget what is held."""
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
