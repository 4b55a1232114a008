"""An SMTP client of bare sockets, so that tests decide about every octet; and a sandbox in a thread to talk to."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

from paceline.sandbox.smtp_server import SmtpSandbox

TIMEOUT_SECONDS = 20.0


class RawClient:
    """A connection. Everything waits at most 20 s."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> bytes:
        """The next whole reply, with its line endings."""
        lines = b""
        while True:
            line = self.line()
            lines += line
            if line[3:4] != b"-":
                return lines

    def line(self) -> bytes:
        """The next line with its line ending. Raises ConnectionError when there is none any more."""
        while b"\n" not in self._received:
            self._received += self._read()
        line, _, self._received = self._received.partition(b"\n")
        return line + b"\n"

    def packet(self) -> bytes:
        """What one read of the socket brings."""
        octets, self._received = self._received or self._read(), b""
        return octets

    def _read(self) -> bytes:
        octets = self.socket.recv(65_536)
        if not octets:
            raise ConnectionAbortedError("closed by the server")
        return octets

    def rest(self) -> bytes:
        """Everything up to the orderly end of the connection. Raises ConnectionResetError if it is reset."""
        octets, self._received = self._received, b""
        while more := self.socket.recv(65_536):
            octets += more
        return octets

    def ask(self, command: bytes) -> bytes:
        """Send a line and return the reply."""
        self.send(command + b"\r\n")
        return self.reply()

    def greet(self) -> bytes:
        """Read the greeting, say EHLO and return its reply."""
        self.reply()
        return self.ask(b"EHLO client.example")

    def log_in(self, username: str) -> bytes:
        """Log in with AUTH LOGIN and any password."""
        self.ask(b"AUTH LOGIN")
        self.ask(base64_of(username))
        return self.ask(base64_of("password"))

    def envelope(self, recipient: str = "ann@example.com") -> list[bytes]:
        """Send MAIL, RCPT and DATA in one write and return the three replies."""
        self.send(b"MAIL FROM:<me@example.org>\r\nRCPT TO:<%b>\r\nDATA\r\n" % recipient.encode())
        return [self.reply() for _ in range(3)]

    def deliver(self, recipient: str = "ann@example.com", message: bytes = b"Subject: hello\r\n\r\nhello\r\n") -> bytes:
        """Send one message and return the reply to its final dot."""
        assert self.envelope(recipient)[2].startswith(b"354")
        self.send(message + b".\r\n")
        return self.reply()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands on the connection as it is."""
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")


def base64_of(text: str) -> bytes:
    """Base64 of a text."""
    return base64.b64encode(text.encode())


class ThreadedSandbox:
    """A sandbox on a loop of its own, so that tests can use blocking clients."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._new_loop = new_loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(self._ready.set)
            self._loop.run_forever()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the sandbox's loop and return its result."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_SECONDS)

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function on the sandbox's loop and return its result."""

        async def work() -> Any:
            return function()

        return self.run(work())

    def start(self, **options: Any) -> SmtpSandbox:
        """Start a sandbox with these options."""
        sandbox = SmtpSandbox(**options)
        self.run(sandbox.start())
        return sandbox

    def end(self) -> None:
        """End the loop and its thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_SECONDS)
