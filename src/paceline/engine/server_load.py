"""The connections that all workers of one process use at one server, and how many of what it bears are theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from paceline.domain.server_width import ServerWidth, merged


class Worker(Protocol):
    """What a server's load asks of its workers."""

    @property
    def connections_in_use(self) -> int:
        """Connections at work now."""

    @property
    def most_connections(self) -> int:
        """Connections that it may have by itself."""

    def let_go(self) -> None:
        """Close the connections that are open and not at work."""


class ServerLoad:
    """Shared by the workers of one host. While nothing fails it costs nothing and holds nobody back.

    What the server bears is found out by all processes together: each tells the others what it has learnt (server_loads.py),
    and uses as much of it as its accounts are of all.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._width = ServerWidth()
        self._seen = ServerWidth()
        self._share = 1.0
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
        return not self._width.narrow or self._in_use() < self._part()

    def is_over(self) -> bool:
        """Whether more are used than it bears: somebody has to stop."""
        return self._width.narrow and self._in_use() > self._part()

    def failed(self) -> None:
        """The server refused or dropped a connection."""
        self._become(self._width.failed(round(self._in_use() / self._share), self._now()))

    def accepted(self) -> None:
        """The server has accepted a message."""
        if self._width.narrow:
            most = sum(worker.most_connections for worker in self._workers)
            self._width = self._width.accepted(round(most / self._share))

    # With other processes.

    @property
    def news(self) -> tuple[ServerWidth, ServerWidth] | None:
        """What is known here, to be kept for the others, and what was known to all before; None where both are the same."""
        return None if self._width == self._seen else (self._width, self._seen)

    def learn(self, stored: ServerWidth, share: float) -> None:
        """What all processes know together, and this one's part of the accounts in their hands, in (0, 1]."""
        self._share = share
        known, self._seen = merged(self._width, self._seen, stored), stored
        self._become(known)

    def told(self, own: ServerWidth, stored: ServerWidth, share: float) -> None:
        """The others know ``own`` from now on, and this is what all processes know together with it."""
        self._seen = own
        self.learn(stored, share)

    def _become(self, width: ServerWidth) -> None:
        """After a cut, connections that are open beside those at work are closed: the server counts them too."""
        is_cut = width.width < self._width.width
        self._width = width
        if is_cut:
            for worker in tuple(self._workers):
                worker.let_go()

    def _part(self) -> int:
        """The connections that this process may use; one in any case, so that no account stands still for ever."""
        return max(int(self._width.width * self._share), 1)

    def _in_use(self) -> int:
        return sum(worker.connections_in_use for worker in self._workers)
