"""An LMTP server (RFC 2033) for reports that one's own MTA hands over: one answer per recipient, everything bounded.

It accepts any recipient: which addresses lead here is the MTA's decision. It has no login and no TLS, so it belongs on
loopback or on a network of one's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
import threading
from collections.abc import Callable

from paceline.domain.errors import PacelineError, StoreUnavailable
from paceline.tracking.mail_parts import MOST_BYTES

_log = logging.getLogger("paceline.tracking")

_MOST_CONNECTIONS = 50
_MOST_RECIPIENTS = 100
_LONGEST_LINE = 2048
_LARGEST_MAIL = 50 << 20  # what is behind MOST_BYTES is read and thrown away
_SILENCE_SECONDS = 300.0
_FAREWELL_SECONDS = 10.0
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\x00-\x20]{0,512})>(?:\s.*)?", re.IGNORECASE)

_TOO_LONG = "500 5.5.6 the line is too long"

Take = Callable[[bytes, str], None]
"""Takes a mail for a recipient; raises StoreUnavailable when it must be brought again."""


class LmtpServer:
    """Listens in a thread of its own; each mail is taken in another one."""

    def __init__(self, take: Take, *, host: str, port: int) -> None:
        """``port`` 0 takes a free one."""
        self._take = take
        self._host = host
        self._wanted_port = port
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return 0 if self._listener is None else int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Begin to listen. Raises OSError; a second call does nothing."""
        if self._thread is not None:
            return
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listener = socket.create_server((self._host, self._wanted_port), family=family)
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="paceline-lmtp", daemon=True)
        self._thread.start()
        started.wait()

    def stop(self) -> None:
        """End all connections and listen no more; may be called twice, and before ``start``."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        assert self._loop is not None
        assert self._over is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._over.set)
        thread.join(_FAREWELL_SECONDS)
        self._listener = None

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        conversations: set[asyncio.Task[None]] = set()

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            conversations.add(task)
            try:
                await self._converse(reader, writer, crowded=len(conversations) > _MOST_CONNECTIONS)
            finally:
                conversations.discard(task)

        server = await asyncio.start_server(converse, sock=self._listener, limit=_LONGEST_LINE)
        started.set()
        await self._over.wait()
        server.close()
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, crowded: bool) -> None:
        try:
            if crowded:
                writer.write(b"421 4.3.2 too many connections, come back later\r\n")
            else:
                await _Conversation(reader, writer, self._take).run()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the other side is gone or silent
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()


class _Conversation:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Take) -> None:
        self._reader = reader
        self._writer = writer
        self._take = take
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Answer commands until QUIT or the end of the connection."""
        await self._say("220 paceline LMTP")
        while True:
            line = await self._line()
            if line is None:
                await self._say(_TOO_LONG)
                continue
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 2.0.0 bye")
                return
            await self._answer(verb.upper(), rest.strip())

    async def _answer(self, verb: str, rest: str) -> None:
        match verb:
            case "LHLO":
                self._greeted = True
                self._forget()
                await self._say(
                    "250-paceline",
                    "250-PIPELINING",
                    "250-ENHANCEDSTATUSCODES",
                    "250-8BITMIME",
                    "250-SMTPUTF8",
                    f"250 SIZE {_LARGEST_MAIL}",
                )
            case "HELO" | "EHLO":
                await self._say("500 5.5.1 this is LMTP: say LHLO")
            case "MAIL":
                await self._say(self._mail(rest))
            case "RCPT":
                await self._say(self._rcpt(rest))
            case "DATA":
                await self._data()
            case "RSET":
                self._forget()
                await self._say("250 2.0.0 forgotten")
            case "NOOP":
                await self._say("250 2.0.0 still here")
            case "VRFY":
                await self._say("252 2.1.5 try it")
            case _:
                await self._say("500 5.5.2 there is no such command")

    def _mail(self, rest: str) -> str:
        if not self._greeted:
            return "503 5.5.1 say LHLO first"
        if self._sender is not None:
            return "503 5.5.1 there is a sender already"
        path = _PATH.fullmatch(rest)
        if path is None or not rest.upper().startswith("FROM"):
            return "501 5.5.4 accepts MAIL FROM:<address>"
        self._sender = path[1]
        return "250 2.1.0 ok"

    def _rcpt(self, rest: str) -> str:
        if self._sender is None:
            return "503 5.5.1 say MAIL first"
        path = _PATH.fullmatch(rest)
        if path is None or not path[1] or not rest.upper().startswith("TO"):
            return "501 5.5.4 accepts RCPT TO:<address>"
        if len(self._recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        self._recipients.append(path[1])
        return "250 2.1.5 ok"

    async def _data(self) -> None:
        """RFC 2033 section 4.2: without a recipient 503, else one answer for each of them in their order."""
        if not self._recipients:
            await self._say("503 5.5.1 no valid recipients")
            return
        await self._say("354 end with a dot on a line of its own")
        mail = await self._content()
        for recipient in self._recipients:
            await self._say(
                "552 5.3.4 too large" if mail is None else await asyncio.to_thread(self._take_one, mail, recipient)
            )
        self._forget()

    def _take_one(self, mail: bytes, recipient: str) -> str:
        try:
            self._take(mail, recipient)
        except StoreUnavailable as error:
            _log.warning("a report has to be brought again: %s", error)
            return "451 4.3.0 the database is away, come back later"
        except PacelineError as error:
            _log.warning("a report could not be taken: %s", error)
            return "451 4.3.0 come back later"
        except Exception:  # whatever it was: the mail stays with the MTA, which brings it again
            _log.exception("a report could not be taken")
            return "451 4.3.0 an unexpected error, come back later"
        return "250 2.0.0 taken"

    async def _content(self) -> bytes | None:
        """The mail up to the dot, its beginning only; None when it is larger than anybody may send."""
        kept = bytearray()
        seen = 0
        at_line_start = True
        while True:
            piece = await self._piece()
            seen += len(piece)
            if at_line_start and piece == b".\r\n":
                return None if seen > _LARGEST_MAIL else bytes(kept)
            if at_line_start and piece.startswith(b"."):
                piece = piece[1:]
            at_line_start = piece.endswith(b"\r\n")
            kept += piece[: max(0, MOST_BYTES - len(kept))]

    async def _piece(self) -> bytes:
        """The next line with its end, or a part of one that is very long."""
        async with asyncio.timeout(_SILENCE_SECONDS):
            try:
                return await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                return await self._reader.readexactly(max(1, error.consumed))

    async def _line(self) -> bytes | None:
        """The next command; None when it is too long, which was thrown away."""
        line = await self._piece()
        if line.endswith(b"\r\n"):
            return line
        while not (await self._piece()).endswith(b"\r\n"):
            pass
        return None

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        async with asyncio.timeout(_SILENCE_SECONDS):
            await self._writer.drain()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []
