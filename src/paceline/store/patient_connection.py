"""A connection to PostgreSQL that does not wait for ever: each answer, and a whole transaction, has a limit on our side.

The server's ``statement_timeout`` cannot end a wait for a server that is stopped, stuck or cut off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

_budget = threading.local()


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Limit all waiting of this thread in the block to so many seconds together; None: no such limit."""
    before = getattr(_budget, "ends_at", None)
    _budget.ends_at = None if seconds is None else time.monotonic() + seconds
    try:
        yield
    finally:
        _budget.ends_at = before


class PatientConnection(psycopg.Connection[Any]):
    """A psycopg connection that is given up, and closed, when an answer takes too long."""

    longest_answer_seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's. Raises OperationalError when the answer did not come in time; the connection is closed then."""
        limits = [limit for limit in (timeout, self.longest_answer_seconds, _left()) if limit is not None]
        limit = min(limits, default=None)
        try:
            return super().wait(gen, interval, limit)
        except errors._WaitTimeout:
            if limit == timeout:
                raise  # psycopg's own limit, which it knows how to handle
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {limit:.1f} s") from None


def _left() -> float | None:
    ends_at: float | None = getattr(_budget, "ends_at", None)
    return None if ends_at is None else max(ends_at - time.monotonic(), 0.001)
