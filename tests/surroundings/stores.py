"""Stores that fail in the way that a test asks for, between a real sender and a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable

from paceline.domain.errors import StoreUnavailable
from paceline.store.queue.deliveries import Batch, Deliveries, Exchanged


class ForgetfulDeliveries(Deliveries):
    """Commits, and every seventh time nobody hears of it: the answer to the COMMIT was lost."""

    calls = 0

    def exchange(self, batch: Batch, now: float, on_commit: Callable[[], object] = lambda: None) -> Exchanged:
        answer = super().exchange(batch, now, on_commit)
        ForgetfulDeliveries.calls += 1
        if ForgetfulDeliveries.calls % 7 == 0:
            raise StoreUnavailable("the connection was lost during COMMIT")
        return answer


def watching(before: Callable[[Batch], None], after: Callable[[Batch, Exchanged], None]) -> type[Deliveries]:
    """A store that shows each group before it is settled, and its answer; both are called in the commit's thread."""

    class Watched(Deliveries):
        def exchange(self, batch: Batch, now: float, on_commit: Callable[[], object] = lambda: None) -> Exchanged:
            before(batch)
            answer = super().exchange(batch, now, on_commit)
            after(batch, answer)
            return answer

    return Watched


class Gate:
    """Something that a thread waits at until the test opens it."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def wait(self) -> None:
        assert self._open.wait(60)

    def open(self) -> None:
        self._open.set()
