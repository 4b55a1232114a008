"""How long a connection is used, how it ends, and what is known of its end at the moment of the dot."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from paceline.channels.smtp.connection import Connection
from paceline.domain.outcome import Accepted, Returned
from surroundings.scripted_smtp import ENVELOPE, HELLO, LETTER, hello, scripted_server
from surroundings.smtp_client import HASTY, account, channel, letter

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_quit_rides_behind_the_last_dot(run: Run) -> None:
    async def story() -> None:
        last = f"{ENVELOPE}BODY\nC QUIT\nS 250 two\nS 221 bye\nCLOSE"
        async with scripted_server(HELLO + LETTER + last) as server:
            session = await channel(messages_per_connection=2).connect(account(server.port))
            assert await session.offer(letter(1)) is None
            assert isinstance(await session.hand_over(), Accepted)
            assert await session.offer(letter(2)) is None
            following = letter(3)
            assert await session.hand_over(following) == Accepted(reply="250 two")
            assert not session.usable
            assert isinstance(await session.offer(following), Returned)
            await session.close()
        assert len(server.messages) == 2
        assert server.deviations == []

    run(story())


def test_limit_that_the_server_announces_is_kept(run: Run) -> None:
    async def story() -> None:
        script = hello("LIMITS RCPTMAX=100 MAILMAX=1", "8BITMIME")
        letter_by_letter = "C MAIL\nS 250 ok\nC RCPT\nS 250 ok\nC DATA\nS 354 go\nBODY\nS 250 ok"
        async with scripted_server(script + letter_by_letter) as server:
            session = await channel(messages_per_connection=10).connect(account(server.port))
            assert await session.offer(letter(1)) is None
            assert isinstance(await session.hand_over(), Accepted)
            assert not session.usable
            await session.close()
        assert server.lines[-1] == "QUIT"

    run(story())


def test_connection_past_its_age_takes_no_further_letter(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(HELLO) as server:
            session = await channel(age_seconds=0).connect(account(server.port))
            assert not session.usable
            outcome = await session.offer(letter())
            assert outcome == Returned(reply="the connection is used up")

    run(story())


def test_close_waits_for_nobody(run: Run) -> None:
    async def story() -> None:
        async with scripted_server(f"{HELLO}C QUIT\nSILENCE") as server:
            session = await channel(HASTY).connect(account(server.port))
            started = time.monotonic()
            await session.close()
            await session.close()
            assert time.monotonic() - started < 2
            assert not session.usable

    run(story())


def test_end_that_only_the_kernel_knows_withholds_the_dot(run: Run) -> None:
    """The server closes, and the dot's turn comes before the event loop has looked at its sockets."""
    for ending in ("close", "reset", "speak"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = _SynchronousServer(listener)

            async def story(server: _SynchronousServer = server, ending: str = ending) -> None:
                session = await channel().connect(account(server.port))
                assert await session.offer(letter()) is None
                server.end(ending)
                outcome = await session.hand_over()
                assert isinstance(outcome, Returned)
                assert not session.usable

            run(story())
            server.close()
            assert b"\r\n.\r\n" not in server.received


def test_write_that_breaks_has_sent_nothing(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _SynchronousServer(listener)

        async def story() -> None:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(lambda: Connection(loop), "127.0.0.1", server.port)
            await connection.expect(1, 5)
            connection.write(b"EHLO x\r\nMAIL\r\nRCPT\r\nDATA\r\n")
            await asyncio.to_thread(server.thread.join)
            server.end("reset")
            assert not connection.write(b".\r\n")
            assert not connection.write(b".\r\n")

        run(story())


class _SynchronousServer:
    """Speaks up to 354 in a thread; the rest is done by the test itself, while its event loop stands still."""

    def __init__(self, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self.received = b""
        self._listener = listener
        self._peer: socket.socket | None = None
        self.thread = threading.Thread(target=self._speak)
        self.thread.start()

    def _speak(self) -> None:
        self._peer, _ = self._listener.accept()
        self._peer.sendall(b"220 ready\r\n")
        self._read_until(b"\r\n")
        self._peer.sendall(b"250-x\r\n250 PIPELINING\r\n")
        self._read_until(b"DATA\r\n")
        self._peer.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n")

    def _read_until(self, ending: bytes) -> None:
        assert self._peer is not None
        while not self.received.endswith(ending):
            self.received += self._peer.recv(65536)

    def end(self, how: str) -> None:
        self.thread.join()
        assert self._peer is not None
        if how == "speak":
            self._peer.sendall(b"250 too early\r\n")
            return
        if how == "reset":
            self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self._read_until(b"?\r\n")  # all of the body: closing with unread bytes would be a reset
        self.close()

    def close(self) -> None:
        if self._peer is not None:
            self._peer.close()
