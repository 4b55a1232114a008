"""``paceline serve`` as a process of its own, and a key to ask it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paceline.bootstrap import open_context
from paceline.domain.permission import Permission
from paceline.operations.context import FIRST_WORKSPACE, Context
from paceline.operations.people.access import KEY_PREFIX, new_secret
from paceline.settings import read_settings
from paceline.store.catalogue import api_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: where it answers, and the process of its API."""

    base: str
    supervisor: int

    def api_cpu_seconds(self) -> float:
        """What the API's process has used of the processor, all its threads."""
        tasks = Path(f"/proc/{self._api()}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def megabytes(self, part: str = "background") -> float:
        """The resident size of one part."""
        status = Path(f"/proc/{self._child(part)}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("VmRSS:")).split()[1]) / 1024

    def _api(self) -> int:
        return self._child("api")

    def _child(self, part: str) -> int:
        children = Path(f"/proc/{self.supervisor}/task/{self.supervisor}/children").read_text().split()
        for child in map(int, children):
            if f"child\0{part}\0".encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        raise RuntimeError(f"there is no process for {part}")


@contextlib.contextmanager
def serving(environment: dict[str, str], directory: Path, *, senders: int = 0) -> Iterator[Server]:
    """``paceline serve`` on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    command = [sys.executable, "-m", "paceline.cli.main", "serve", "--port", str(port), "--senders", str(senders)]
    with (directory / "serve.log").open("w") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_for(f"{base}/health/ready", process)
            yield Server(base=base, supervisor=process.pid)
        finally:
            process.terminate()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:  # not there yet, or busy with its start
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.05)


@contextlib.contextmanager
def parts(url: str, directory: Path) -> Iterator[Context]:
    """The parts on a database, for a moment."""
    context = open_context(read_settings({}, database=url, data_dir=str(directory)))
    with contextlib.closing(context):
        yield context


def new_key(context: Context) -> str:
    """A key that may do everything in the first workspace."""
    secret = new_secret(KEY_PREFIX)
    with context.catalogue.write() as connection:
        api_keys.create(
            connection,
            workspace_id=FIRST_WORKSPACE,
            name="benchmark",
            prefix=secret.value[:9],
            key_hash=secret.hash,
            scopes=frozenset(Permission),
            created_by=None,
            expires_at=None,
            now=context.clock.now(),
        )
    return secret.value
