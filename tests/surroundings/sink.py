"""Postfix's smtp-sink, and what it stored."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A running sink. ``messages`` can be read while it runs."""

    port: int
    directory: Path

    def messages(self) -> list[bytes]:
        """Every message it accepted, from the sink's own Received line on, with LF line ends."""
        files = (path.read_bytes() for path in sorted(self.directory.iterdir()))
        return [file[file.index(b"\nReceived:") + 1 :] for file in files]


@contextlib.contextmanager
def running_sink(program: str, *options: str) -> Iterator[Sink]:
    """Run smtp-sink on a free port with these options; it keeps each message in a file."""
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="paceline-sink-") as name:
        directory = Path(name)
        directory.chmod(0o777)  # as root it serves as another user
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program, *user, *options, "-d", f"{name}/m.", f"127.0.0.1:{port}", "100"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(port, process)
                yield Sink(port=port, directory=directory)
            finally:
                process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.01)  # the program tells nobody when it listens
