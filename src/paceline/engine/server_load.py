"""The connections that all workers of one process use at one server, and how many it bears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from paceline.domain.server_width import ServerWidth


class Worker(Protocol):
    """What a server's load asks of its workers."""

    @property
    def connections_in_use(self) -> int:
        """Connections at work now."""

    @property
    def most_connections(self) -> int:
        """Connections that it may have by itself."""


class ServerLoad:
    """Shared by the workers of one host. While nothing fails it costs nothing and holds nobody back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._width = ServerWidth()
        self._workers: set[Worker] = set()

    def join(self, worker: Worker) -> None:
        """A worker begins."""
        self._workers.add(worker)

    def leave(self, worker: Worker) -> None:
        """A worker has ended. May be called twice."""
        self._workers.discard(worker)

    @property
    def narrow(self) -> bool:
        """Whether it holds anybody back."""
        return self._width.narrow

    def has_room(self) -> bool:
        """Whether one more connection may be used; the first one always may."""
        return not self._width.narrow or self._in_use() < max(int(self._width.width), 1)

    def is_over(self) -> bool:
        """Whether more are used than it bears: somebody has to stop."""
        return self._width.narrow and self._in_use() > max(int(self._width.width), 1)

    def failed(self) -> None:
        """The server refused or dropped a connection."""
        self._width = self._width.failed(self._in_use(), self._now())

    def accepted(self) -> None:
        """The server has accepted a message."""
        if self._width.narrow:
            self._width = self._width.accepted(sum(worker.most_connections for worker in self._workers))

    def _in_use(self) -> int:
        return sum(worker.connections_in_use for worker in self._workers)
