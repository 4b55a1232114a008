"""``paceline serve`` and ``paceline sender`` as processes: started, looked at from outside, killed, ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_SECONDS = 60.0


class Running:
    """One command that runs until it is told to end. Its log can be read while it runs."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "paceline.cli.main", *words]
        self._process = subprocess.Popen(
            command, env=dict(environment), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.pid = self._process.pid
        self.log: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._news:
                self.log.append(line.rstrip())
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for(self, words: str, *, after: int = 0, within: float = _PATIENCE_SECONDS) -> str:
        """The first line of the log, from line ``after`` on, in which these words are."""

        def found() -> str | None:
            return next((line for line in self.log[after:] if re.search(words, line)), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, within), "\n".join(["it never said so:", *self.log])
            line = found()
        assert line is not None
        return line

    def children(self) -> dict[str, int]:
        """Name -> pid of the processes that the supervisor has started and that are there now."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):  # no deeper: glob fails at one that ends meanwhile
            try:
                words = (process / "cmdline").read_bytes().decode().split("\0")
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.pid and "--name" in words:
                found[words[words.index("--name") + 1]] = int(process.name)
        return found

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it and wait until it is gone; its children find out by themselves."""
        self._process.kill()
        self._process.wait()

    def end(self, number: int = signal.SIGTERM, *, within: float = _PATIENCE_SECONDS) -> int:
        """Ask it to end and wait; returns its exit code."""
        self._process.send_signal(number)
        return self.wait(within=within)

    def wait(self, *, within: float = _PATIENCE_SECONDS) -> int:
        """Wait for its end; returns its exit code, a negative one after a signal."""
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError("\n".join(["it does not end:", *self.log])) from None
        return code

    def close(self) -> None:
        """Leave nothing behind, whatever has happened."""
        children = self.children()
        if self._process.poll() is None:
            self.kill()
        for pid in children.values():
            wait_until(lambda pid=pid: not is_there(pid))  # type: ignore[misc]  # bound now
        self._reader.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


@contextmanager
def running(*words: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """A command under way; nothing of it is left afterwards."""
    process = Running(*words, environment=environment)
    try:
        yield process
    finally:
        process.close()


def url_of(server: Running, *, within: float = _PATIENCE_SECONDS) -> str:
    """Where a server that was just started can be reached; waits until all of it is ready."""
    return server.wait_for("ready on http", within=within).rpartition(" ")[2]


def is_there(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], *, within: float = _PATIENCE_SECONDS) -> None:
    """Wait for what nobody announces."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def kill_frozen(pid: int, look: Callable[[], object]) -> None:
    """Stop a process, look at what it leaves behind, and kill it. It may be gone already."""
    try:
        os.kill(pid, signal.SIGSTOP)
        look()
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
