"""Whether this process lives, and whether the installation is ready for work: for load balancers, containers, people."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from paceline.clock import iso
from paceline.domain.errors import PacelineError
from paceline.operations.context import Context
from paceline.store import leaderships
from paceline.store.database import Database
from paceline.store.migrations import CATALOGUE, QUEUE, Schema
from paceline.store.opening import schema_version

BACKGROUND = "background"
"""The leadership of the process that does the chores."""

_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part: whether it is fit, and what was found, in a sentence."""

    name: str
    ok: bool
    sentence: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Every part; ready means that all of them are fit."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the installation can do its work."""
        return all(check.ok for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The answer of /health/ready."""
        checks = {
            check.name: {"ok": check.ok, "sentence": check.sentence, "milliseconds": round(check.seconds * 1000, 1)}
            for check in self.checks
        }
        return {"status": "ready" if self.ok else "not ready", "checks": checks}


class ReadinessProbe:
    """Looks at every part at once and never waits longer than three seconds, however long a database is silent.

    A look that has not come back is not begun again: silence costs one thread, not one per question.
    """

    def __init__(self, context: Context) -> None:
        checks: dict[str, Callable[[], str]] = {
            "queue": lambda: _database(context.queue, QUEUE),
            "catalogue": lambda: _database(context.catalogue, CATALOGUE),
            "background": lambda: _background(context),
        }
        self._checks = checks
        self._threads = ThreadPoolExecutor(len(checks), thread_name_prefix="paceline-health")
        self._under_way: dict[str, Future[Check]] = {}

    def look(self) -> Readiness:
        """How every part is now."""
        for name, check in self._checks.items():
            former = self._under_way.get(name)
            if former is None or former.done():
                self._under_way[name] = self._threads.submit(_timed, name, check)
        looks = dict(self._under_way)
        wait(looks.values(), timeout=_PATIENCE_SECONDS)
        return Readiness(checks=tuple(_answer(name, look) for name, look in looks.items()))

    def close(self) -> None:
        """Let go of the threads; a second call does nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _answer(name: str, look: Future[Check]) -> Check:
    if look.done():
        return look.result()
    sentence = f"no answer within {_PATIENCE_SECONDS:g} s"
    return Check(name=name, ok=False, sentence=sentence, seconds=_PATIENCE_SECONDS)


def _timed(name: str, check: Callable[[], str]) -> Check:
    """``check`` returns what it found, or raises what is wrong."""
    began = time.perf_counter()
    try:
        ok, sentence = True, check()
    except PacelineError as error:
        ok, sentence = False, str(error)
    return Check(name=name, ok=ok, sentence=sentence, seconds=time.perf_counter() - began)


class _NotReady(PacelineError):
    """A part answers, and is not fit for work."""


def _database(database: Database, schema: Schema) -> str:
    found = schema_version(database, schema)
    if found != schema.version:
        cure = "run `paceline database upgrade`"
        raise _NotReady(f"{schema.name} schema {found or 'missing'}, this Paceline needs {schema.version}: {cure}")
    return f"answers, {schema.name} schema {found}"


def _background(context: Context) -> str:
    with context.catalogue.read() as connection:
        leader = leaderships.find(connection, leaderships.CATALOGUE, BACKGROUND)
    if leader is None:
        raise _NotReady("no background process is at work: run `paceline serve`")
    if leader.until_at <= context.clock.now():
        raise _NotReady(f"no background process since {iso(leader.until_at)}: is `paceline serve` at work?")
    return "at work"
