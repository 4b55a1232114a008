"""An SMTP server that follows a script word by word, so that a test can misbehave exactly where it wants to.

A script has one step per line:

    S 250 ok          send this line            C MAIL      expect a line that begins so
    RAW 25            send these bytes as they stand, without a line end (\\r and \\n may be written so)
    LATE 0.4 250 ok   send this line 0.4 s later
    BYTES 250 ok      send this line byte by byte
    BODY              expect a message up to its final dot, and keep it in ``messages``
    PART 10           expect ten bytes          TLS         go on encrypted, as the server
    CLOSE             close                     RESET       close with RST, what is unsent is lost
    SILENCE           say nothing until the client closes
    DEAF              read nothing any more until the test is over

At the end of its script the server answers QUIT and nothing else. ``deviations`` tells where a client did not follow.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator


def hello(*capabilities: str) -> str:
    """The beginning of a script: banner, EHLO, and what the server offers."""
    lines = ["scripted", *capabilities]
    replies = [f"S 250-{line}" for line in lines[:-1]] + [f"S 250 {lines[-1]}"]
    return "\n".join(["S 220 ready", "C EHLO", *replies, ""])


HELLO = hello("PIPELINING", "8BITMIME")
STEPWISE_HELLO = hello("8BITMIME")

ENVELOPE = """\
C MAIL FROM:
C RCPT TO:
C DATA
S 250 sender ok
S 250 recipient ok
S 354 go ahead
"""

LETTER = f"""\
{ENVELOPE}BODY
S 250 2.0.0 queued
"""


class ScriptedServer:
    """Connection after connection takes the next script; the last one serves all that follow."""

    def __init__(self, scripts: tuple[str, ...], context: ssl.SSLContext | None) -> None:
        self._scripts = [_steps(script) for script in scripts]
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.lines: list[str] = []
        self.messages: list[bytes] = []
        self.deviations: list[str] = []
        self.port = 0
        self._at = ""
        self._before = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        steps = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        try:
            for verb, _, rest in steps:
                self._before, self._at = self._at, verb
                await self._step(verb, rest, reader, writer)
            while line := await reader.readline():
                self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                if line == b"QUIT\r\n":
                    writer.write(b"221 bye\r\n")
                    break
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            self.deviations.append(f"{type(error).__name__}: {error}")
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _step(self, verb: str, rest: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match verb:
            case "S":
                writer.write(f"{rest}\r\n".encode())
            case "RAW":
                writer.write(rest.encode().decode("unicode_escape").encode("latin-1"))
            case "LATE":
                seconds, _, line = rest.partition(" ")
                await asyncio.sleep(float(seconds))
                writer.write(f"{line}\r\n".encode())
            case "BYTES":
                for byte in f"{rest}\r\n".encode():
                    writer.write(bytes([byte]))
                    await writer.drain()
            case "C":
                line = (await reader.readline()).decode()
                self.lines.append(line.rstrip("\r\n"))
                if not line.startswith(rest):
                    self.deviations.append(f"expected {rest!r}, got {line!r}")
                    raise EOFError
            case "BODY":
                self.messages.append((await reader.readuntil(b"\r\n.\r\n"))[:-3])
            case "PART":
                await reader.readexactly(int(rest))
            case "TLS":
                assert self._context is not None
                await writer.start_tls(self._context)
            case "CLOSE":
                writer.close()
            case "RESET":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
            case "SILENCE":
                await reader.read()
            case "DEAF":
                writer.transport.pause_reading()  # type: ignore[attr-defined]  # typeshed gives the common base of transports
                await asyncio.Event().wait()
            case _:
                raise AssertionError(f"no such step: {verb}")

    async def wait_until_idle(self) -> None:
        """Wait until no client is connected."""
        while self._tasks:
            await self.next_turn()

    async def wait_for_step(self, verb: str, *, after: str = "") -> None:
        """Wait until a script has come to this step, and straight from the step ``after`` where that is given."""
        while self._at != verb or not self._before.startswith(after):
            await self.next_turn()

    async def next_turn(self) -> None:
        """Let the event loop look at its sockets once."""
        await asyncio.sleep(0)

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks)


def _steps(script: str) -> list[tuple[str, str, str]]:
    return [line.partition(" ") for line in script.splitlines() if line.strip()]


@contextlib.asynccontextmanager
async def scripted_server(
    *scripts: str, context: ssl.SSLContext | None = None, tls_at_once: bool = False
) -> AsyncIterator[ScriptedServer]:
    """A running server on a free port of 127.0.0.1. ``context`` is for TLS steps, or for TLS from the first byte."""
    server = ScriptedServer(scripts, context)
    listener = await asyncio.start_server(
        server.serve, "127.0.0.1", 0, ssl=context if tls_at_once else None, limit=1 << 23
    )
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()
