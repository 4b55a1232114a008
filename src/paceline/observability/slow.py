"""What took too long, and what the database refused: lines in the log, off unless a threshold is set.

A watch is made only where something is to be watched; without one the hot path pays for one comparison with None.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

_log = logging.getLogger("paceline.slow")

_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWatch:
    """Logs statements that take longer than ``slow_seconds`` (0: none) and errors of the database if ``errors``."""

    database: str
    slow_seconds: float
    errors: bool

    def took(self, words: str, seconds: float) -> None:
        """A statement has been run. Its values are never logged: they are people's data."""
        if self.slow_seconds and seconds >= self.slow_seconds:
            _log.warning(
                "slow query on %s: %.0f ms: %s",
                self.database,
                seconds * 1000,
                _shortened(words),
                extra={"kind": "slow_query", "seconds": round(seconds, 4)},
            )

    def failed(self, error: BaseException) -> None:
        """The database, or the way to it, has failed."""
        if self.errors:
            _log.error(
                "database error on %s: %s",
                self.database,
                _shortened(_first_line(error)),
                extra={"kind": "database_error", "error": type(error).__name__},
            )

    def listen(self, engine: Engine) -> None:
        """Watch what goes through SQLAlchemy; what goes to the driver directly calls ``took`` itself."""
        if not self.slow_seconds:
            return

        def before(connection: Any, cursor: Any, words: str, values: Any, context: Any, many: bool) -> None:
            connection.info["paceline_began"] = time.perf_counter()

        def after(connection: Any, cursor: Any, words: str, values: Any, context: Any, many: bool) -> None:
            self.took(words, time.perf_counter() - connection.info.pop("paceline_began"))

        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)


def statement_watch(database: str, *, slow_seconds: float, errors: bool) -> StatementWatch | None:
    """The watch that the settings ask for; None when they ask for nothing."""
    return (
        StatementWatch(database=database, slow_seconds=slow_seconds, errors=errors) if slow_seconds or errors else None
    )


def slow_call(method: str, route: str, status: int, seconds: float) -> None:
    """An API call took longer than the threshold. ``route`` is the pattern, not the path: ids are nobody's business."""
    _log.warning(
        "slow API call: %s %s took %.0f ms and answered %s",
        method,
        route,
        seconds * 1000,
        status,
        extra={"kind": "slow_call", "seconds": round(seconds, 4)},
    )


def _shortened(words: str) -> str:
    one_line = " ".join(words.split())
    return one_line if len(one_line) <= _LONGEST_TEXT else f"{one_line[:_LONGEST_TEXT]}…"


def _first_line(error: BaseException) -> str:
    """What the driver said, without the statement and its values, which SQLAlchemy appends."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__
