"""One TCP or TLS connection to an SMTP server: writes bytes, collects replies, ends by itself when a wait is over.

It knows replies and timeouts, not what is being said. A plain protocol on the transport: no coroutine runs per reply,
one timer serves all waits.
"""

from __future__ import annotations

import asyncio
import select
from typing import cast

from paceline.channels.printable import printable
from paceline.channels.smtp.replies import Reply, ReplyParser, UnreadableReply

BLOCK = 65536
"""Bytes of a body that are written before the network's pace is asked for."""

_MOST_UNREAD_REPLIES = 32  # far more than can be awaited at once


class ConnectionEnded(Exception):
    """The connection is closed or can no longer be trusted; the text says how that came."""


class Connection(asyncio.Protocol):
    """A conversation with one server. One waits at a time, with ``expect`` or ``write_body``.

    ``replies`` holds what has arrived and was not yet taken; whoever reads them removes them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.replies: list[Reply] = []
        self.ended: ConnectionEnded | None = None
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser = ReplyParser()
        self._arrivals: select.poll | None = None
        self._congested = False
        self._waits_for_room = False
        self._waiter: asyncio.Future[None] | None = None
        self._wanted = 0
        self._seconds = 0.0
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # -- life ---------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is ready."""
        self.use(cast("asyncio.Transport", transport))

    def use(self, transport: asyncio.Transport) -> None:
        """Go on over this transport: the first one, or its encrypted successor after STARTTLS."""
        self._transport = transport
        # Congested means: the last write is not wholly in the kernel yet. TLS transports need at least 1.
        transport.set_write_buffer_limits(high=1, low=0)
        arrivals = select.poll()
        arrivals.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self._arrivals = arrivals

    @property
    def transport(self) -> asyncio.Transport:
        """The transport; there is one from the moment the connection is made."""
        assert self._transport is not None
        return self._transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self._end(f"the connection was lost: {printable(str(exc))}" if exc else "the server closed the connection")

    def eof_received(self) -> None:
        """The server will say no more; nothing that is still unsent is worth sending."""
        self.abort("the server closed the connection")

    def abort(self, cause: str = "closed by us") -> None:
        """Close at once, dropping what is unsent. May be called twice; the first cause stays."""
        self._end(cause)
        if self._transport is not None:
            self._transport.abort()

    async def close(self, farewell: bytes, seconds: float) -> None:
        """Say farewell, wait for the answer or the end, close. Never raises; returns within ``seconds``."""
        try:
            if self.ended is None and self.write(farewell):
                await self.expect(len(self.replies) + 1, seconds)
        except ConnectionEnded:
            pass
        finally:
            self.abort()

    def _end(self, cause: str) -> None:
        if self.ended is None:
            self.ended = ConnectionEnded(cause)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self.ended)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- what arrives -------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Collect replies, and wake who waits for them."""
        replies = self.replies
        before = len(replies)
        try:
            self._parser.feed(data, replies)
        except UnreadableReply as error:
            self._wake()
            self.abort(f"the server sent what is no SMTP reply: {error}")
            return
        if len(replies) > before:
            self._wake()
        if len(replies) > _MOST_UNREAD_REPLIES:
            self.abort("the server sent replies that nobody asked for")

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done() or not self.replies:
            return
        # After 421 nothing more will come: what is there has to do.
        if len(self.replies) >= self._wanted or self.replies[-1].code == 421:
            waiter.set_result(None)
        else:
            self._deadline = self._loop.time() + self._seconds

    @property
    def silent(self) -> bool:
        """True while the connection is open and nothing has arrived that was not taken."""
        return self.ended is None and not self.replies and self._parser.between_replies

    @property
    def untouched(self) -> bool:
        """Like ``silent``, and asks the kernel too: nothing waits there to be read, not even the end."""
        if not self.silent or self._transport is None or self._arrivals is None:
            return False
        return not self._transport.is_closing() and not self._arrivals.poll(0)

    def expect(self, count: int, seconds: float) -> asyncio.Future[None]:
        """A future that is done when ``replies`` has ``count`` entries, or ends in 421.

        ``seconds`` is for each reply. Raises ConnectionEnded, at once or in the future, when that will not happen; the
        replies that came before stay in the list.
        """
        waiter = self._waiter = self._loop.create_future()
        if len(self.replies) >= count:
            waiter.set_result(None)
        elif self.ended is not None:
            raise self.ended
        else:
            self._wanted = count
            self._seconds = seconds
            self._watch(seconds)
        return waiter

    # -- what leaves --------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> bool:
        """Write; False when nothing of it can have left, because the connection is closed or broke in this call."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        transport.write(data)
        # Where nothing waits in its buffer a transport sends in this very call, and closes at once when that fails.
        # Where something waits it only queues.
        return not transport.is_closing()

    async def write_body(self, data: bytes, seconds: float) -> None:
        """Write in blocks, each within ``seconds``, until all is in the kernel or the server interrupts.

        An interruption is a reply that is then in ``replies``. Raises ConnectionEnded.
        """
        for start in range(0, len(data), BLOCK):
            if not self.write(data[start : start + BLOCK] if len(data) > BLOCK else data):
                self.abort("the connection was lost")
            if self._congested and not self.replies:
                await self._room(seconds)
            if self.replies or self.ended:
                return

    async def _room(self, seconds: float) -> None:
        """Wait until all is in the kernel or the server says something."""
        self._waits_for_room = True
        try:
            await self.expect(1, seconds)
        finally:
            self._waits_for_room = False

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._congested = True

    def resume_writing(self) -> None:
        """All is in the kernel."""
        self._congested = False
        if self._waits_for_room and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # -- time ---------------------------------------------------------------------------------------------------------

    def _watch(self, seconds: float) -> None:
        """End the connection unless the waiter is done in time. The timer that runs is kept while it fires early enough."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer_at <= self._deadline:
                return
            self._timer.cancel()
        self._start_timer(self._deadline)

    def _start_timer(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self.abort(f"no answer within {self._seconds:g} s")
        else:
            self._start_timer(self._deadline)
