"""Postfix's smtp-sink, which takes every message, and smtp-source, the yardstick."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

_MOST_SESSIONS = "2000"  # of smtp-sink at once; by itself it lets all but 256 wait
_PLACES = "/usr/sbin:/usr/libexec/postfix:/usr/local/sbin:/opt/homebrew/sbin"


class Missing(Exception):
    """A program that the benchmark needs is not installed; the text says which and how to get it."""


def program(name: str) -> str:
    """The path of one of Postfix's programs. Raises Missing."""
    path = shutil.which(name) or shutil.which(name, path=_PLACES)
    if path is None:
        raise Missing(f"{name} is not installed; it comes with Postfix (Debian and Ubuntu: apt install postfix)")
    return path


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A running smtp-sink; yields its port, on every address of this machine."""
    command = program("smtp-sink")
    with socket.create_server(("0.0.0.0", 0)) as chosen:
        port = chosen.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([command, *user, "-m", _MOST_SESSIONS, f"inet:0.0.0.0:{port}", "1000"]) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def source(port: int, *, messages: int, size: int, connections: int) -> float:
    """Send with smtp-source over connections that stay open; returns messages per second."""
    command = [program("smtp-source"), "-d", "-s", str(connections), "-l", str(size), "-m", str(messages)]
    began = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    return messages / (time.perf_counter() - began)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
