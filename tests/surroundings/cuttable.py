"""A way to PostgreSQL that can be cut: a proxy on a Unix socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

_Result = TypeVar("_Result")

_SOCKET = ".s.PGSQL.5432"


class CuttableWay:
    """Passes everything on until it is cut; what a client has sent by then may or may not have arrived."""

    def __init__(self, server_directory: str, directory: Path) -> None:
        self._server = str(Path(server_directory) / _SOCKET)
        self._path = str(directory / _SOCKET)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None
        self._swallow = False
        self.swallowed = 0
        """Answers to COMMIT that a client never got."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.heal()

    def cut(self) -> None:
        """Close every connection and refuse new ones."""
        self._run(self._cut())
        Path(self._path).unlink(missing_ok=True)

    def heal(self) -> None:
        """Let connections through again."""
        self._run(self._listen())

    def swallow_next_answer_to_commit(self) -> None:
        """Cut the next connection whose COMMIT has been passed on, instead of passing on the answer."""
        self._swallow = True

    def end(self) -> None:
        """Close everything."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_unix_server(self._serve, self._path)

    async def _cut(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._server)
        self._writers |= {writer, far_writer}
        swallowing = asyncio.Event()
        ways = [
            asyncio.create_task(self._pass_on(reader, far_writer, swallowing, is_client=True)),
            asyncio.create_task(self._pass_on(far_reader, writer, swallowing, is_client=False)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, far_writer):
            one.transport.abort()
            self._writers.discard(one)
        await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, swallowing: asyncio.Event, *, is_client: bool
    ) -> None:
        while data := await source.read(65536):
            if is_client and self._swallow and b"COMMIT" in data:
                self._swallow = False
                self.swallowed += 1
                swallowing.set()
            elif not is_client and swallowing.is_set():
                return  # the server has committed, and its answer ends here
            target.write(data)


@contextmanager
def cuttable_way(url: str) -> Iterator[tuple[str, CuttableWay]]:
    """The same database through a way that can be cut: its URL, and the way."""
    database, _, server_directory = url.partition("?host=")
    directory = Path(tempfile.mkdtemp(prefix="way-"))  # short: paths of sockets are
    way = CuttableWay(server_directory, directory)
    try:
        yield f"{database}?host={directory}", way
    finally:
        way.end()
        shutil.rmtree(directory)
