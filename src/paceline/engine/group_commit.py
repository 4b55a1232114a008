"""One commit for all: intents, reports and claims of every worker of this process, settled together in a thread.

While one group is being committed the next one gathers. Nothing is handed over before its intent has come back from
here. When the database fails, reports wait and are tried again; waiting intents are dropped after a while and withdrawn.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from paceline.domain.errors import StoreUnavailable
from paceline.domain.message import Report, ReportKind
from paceline.engine.virtual_time import VirtualTimeLoop
from paceline.store.queue.claiming import Claim, Claimed, ClaimedMessage, SchemaChanged
from paceline.store.queue.deliveries import Batch, Deliveries, Exchanged, Intent, StoreWentBack

_log = logging.getLogger("paceline.engine")

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
_LONGEST_GATHERING_SECONDS = 0.02
_IDLE_TURN_SECONDS = 0.0001
_MOST_INTENTS = 250  # of a group; on SQLite everybody else who writes waits for it
_MOST_CLAIMS = 50  # each is several statements


class _Asked(NamedTuple):
    """Who waits for an intent, and what he has to do in the meantime."""

    granted: asyncio.Future[bool]
    meanwhile: Callable[[], object]


class GroupCommit:
    """The door to the store for everything on the hot path."""

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        now: Callable[[], float],
        intent_timeout_seconds: float,
        defers_reports: bool = False,
    ) -> None:
        """``defers_reports``: what was accepted waits for the next commit that is made anyway; no crash can lose it."""
        self._deliveries = deliveries
        self._defers_reports = defers_reports
        self._now = now
        self._timeout = intent_timeout_seconds
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="paceline-commit")
        self._next = Batch()
        self._intents: list[_Asked] = []
        self._claims: list[asyncio.Future[Claimed]] = []
        self._awake = False  # whether the two events below have been told of the next batch already
        self._filled = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.failure: StoreUnavailable | None = None
        """Why the store cannot be reached now; None while it can."""
        self.refusal: StoreWentBack | SchemaChanged | None = None
        """Why nothing may be handed over any more by this sender."""

    def intend(self, intent: Intent, meanwhile: Callable[[], object]) -> asyncio.Future[bool]:
        """Ask to hand a message over: True once the intent is durable, False when it is withheld.

        ``meanwhile`` is called, at most once and perhaps never, while the thread waits for the disk: until then it needs
        the interpreter. The future fails with what that raises, and with StoreUnavailable when no answer came in time:
        then report the message as withdrawn.
        """
        future: asyncio.Future[bool] = self._loop.create_future()
        self._next.intents.append(intent)
        self._intents.append(_Asked(future, meanwhile))
        self._wake()
        return future

    def claim(self, claim: Claim) -> asyncio.Future[Claimed]:
        """Ask for messages; an empty list when there are none.

        The future fails with StoreUnavailable when the store may have claimed some and nobody knows which: they return
        when the account's lease is given back.
        """
        future: asyncio.Future[Claimed] = self._loop.create_future()
        self._next.claims.append(claim)
        self._claims.append(future)
        self._wake()
        return future

    def report(self, report: Report) -> None:
        """Record how a delivery ended, at the latest together with the next intent of the same connection."""
        self._next.reports.append(report)
        if not self._defers_reports or report.kind is not ReportKind.ACCEPTED:
            self._wake()

    def release(self, messages: Sequence[ClaimedMessage]) -> None:
        """Give back messages that were claimed and never begun."""
        self._next.releases.extend(messages)
        self._wake()

    def pace(self, account_id: int, next_at: float) -> None:
        """Keep an account's next grid point, with the next commit that is made anyway."""
        self._next.paces[account_id] = next_at

    def flush(self) -> bool:
        """Begin to write what was deferred; False when nothing was."""
        if self._awake or not self._next:
            return False
        self._wake()
        return True

    async def settled(self) -> None:
        """Wait until everything that was asked and reported so far is in the store."""
        self.flush()
        await self._idle.wait()

    async def written(self) -> None:
        """Wait until what was deferred is in the store: somebody is about to read it."""
        if self._defers_reports:
            await self.settled()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Commit group after group until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            await self._filled.wait()
            await self._gather()
            batch, intents, claims = self._take()
            self.failure = await self._commit(batch, intents, claims)
            if self.failure is None:
                pause = _FIRST_PAUSE_SECONDS
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            if not self._next:
                self._idle.set()

    async def _gather(self) -> None:
        """Let the group grow while the loop is busy, and begin when a turn of it was short and brought nothing new.

        Beside a busy loop the commit's thread would have to fight for the interpreter at every statement: both lose
        more by that than they win by working at the same time, and the groups stay small.
        """
        # uvloop's own time counts whole milliseconds and stands still within a turn: by it no turn would ever be long.
        now = self._loop.time if isinstance(self._loop, VirtualTimeLoop) else time.monotonic
        began = turned = now()
        busy = True
        while busy and turned - began < _LONGEST_GATHERING_SECONDS:
            size, before = self._next.size, turned
            await asyncio.sleep(0)
            turned = now()
            busy = self._next.size != size or turned - before > _IDLE_TURN_SECONDS

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self._filled.set()
            self._idle.clear()

    def _take(
        self,
    ) -> tuple[Batch, list[_Asked], list[asyncio.Future[Claimed]]]:
        """What is next, with no more than others who write can wait for.

        All reports are in it: each comes no later than the next intent of its connection.
        """
        batch, intents, claims = self._next, self._intents, self._claims
        self._next = Batch(intents=batch.intents[_MOST_INTENTS:], claims=batch.claims[_MOST_CLAIMS:])
        self._intents, self._claims = intents[_MOST_INTENTS:], claims[_MOST_CLAIMS:]
        del batch.intents[_MOST_INTENTS:], batch.claims[_MOST_CLAIMS:], intents[_MOST_INTENTS:], claims[_MOST_CLAIMS:]
        if not self._next:
            self._filled.clear()
            self._awake = False
        return batch, intents, claims

    async def _commit(
        self,
        batch: Batch,
        intents: list[_Asked],
        claims: list[asyncio.Future[Claimed]],
    ) -> StoreUnavailable | None:
        on_commit = partial(self._waits_for_disk, intents)
        work = self._loop.run_in_executor(self._thread, self._exchange, batch, self._now(), on_commit)
        if not work.done():  # it is where the loop has no threads
            await asyncio.wait((work,), timeout=self._timeout)
        if not work.done():
            _fail(_futures(intents), StoreUnavailable(f"no commit within {self._timeout:g} s"))
            await self._wait_on(work)
        try:
            answer = work.result()
        except StoreUnavailable as failure:
            self._keep(batch, failure)
            _fail(_futures(intents), failure)
            _fail(claims, failure)
            return failure
        for intent, asked in zip(batch.intents, intents, strict=True):
            if not asked.granted.done():
                asked.granted.set_result(intent.message_id in answer.granted)
        _answer_claims(claims, answer.claimed)
        return None

    async def _wait_on(self, work: asyncio.Future[Exchanged]) -> None:
        """The commit hangs: meanwhile nothing that asks may wait for longer than the same time."""
        while not work.done():
            waiting, self._intents = self._intents, []
            self._next.intents.clear()
            _fail(_futures(waiting), StoreUnavailable("the store does not answer"))
            _answer_claims(self._claims, [])
            self._claims = []
            self._next.claims.clear()
            await asyncio.wait((work,), timeout=0.2)

    def _keep(self, batch: Batch, failure: StoreUnavailable) -> None:
        """What happened is told again later; what was only asked is not."""
        _log.warning("the store is unavailable, results wait in memory: %s", failure)
        self._next.reports[:0] = batch.reports
        self._next.releases[:0] = batch.releases
        self._next.paces = {**batch.paces, **self._next.paces}
        if self._next:
            self._wake()

    def _exchange(self, batch: Batch, now: float, on_commit: Callable[[], object]) -> Exchanged:
        """In the thread: settle a batch, and when one part of it cannot be settled, everything else."""
        if self.refusal is not None:
            batch = dataclasses.replace(batch, intents=[], claims=[])
        try:
            answer = self._deliveries.exchange(batch, now, on_commit)
        except StoreUnavailable:
            raise
        except (StoreWentBack, SchemaChanged) as refusal:
            self.refusal = refusal
            _log.error("%s", refusal)
            return self._deliveries.exchange(dataclasses.replace(batch, intents=[], claims=[]), now)
        except Exception:
            _log.exception("a group cannot be settled whole, trying its parts")
            return self._exchange_in_parts(batch, now)
        return answer

    def _waits_for_disk(self, intents: Sequence[_Asked]) -> None:
        """In the thread: nothing is left to do but to wait. Where nobody waits for an intent the loop need not be woken."""
        if intents:
            self._loop.call_soon_threadsafe(_use_the_time, intents)

    def _exchange_in_parts(self, batch: Batch, now: float) -> Exchanged:
        """One bad report must not hold up the rest: halve until it stands alone, then keep it without its text.

        One that cannot be kept even so says at least that its answer is not known.
        """

        def settle(reports: list[Report]) -> None:
            self._deliveries.exchange(Batch(reports=reports), now)

        bad = _bisected(batch.reports, settle)
        bad = _bisected([report._replace(reply="the reply cannot be stored") for report in bad], settle)
        bad = _bisected([_in_doubt(report) for report in bad], settle)
        for report in bad:
            _log.error("how message %d ended cannot be stored: %s", report.message_id, report)
        return self._deliveries.exchange(dataclasses.replace(batch, reports=[]), now)


def _in_doubt(report: Report) -> Report:
    return report._replace(
        kind=ReportKind.UNCERTAIN, reply="the answer cannot be stored", hard_bounce=False, spam=False
    )


def _bisected(reports: list[Report], settle: Callable[[list[Report]], object]) -> list[Report]:
    """Settle the reports in ever smaller parts; returns those that cannot be settled even alone."""
    if not reports:
        return []
    try:
        settle(reports)
    except StoreUnavailable:
        raise
    except Exception:
        if len(reports) == 1:
            return reports
        middle = len(reports) // 2
        return _bisected(reports[:middle], settle) + _bisected(reports[middle:], settle)
    return []


def _use_the_time(intents: Sequence[_Asked]) -> None:
    """What can be done while the thread waits for the disk, for those that still wait for their intent."""
    for granted, meanwhile in intents:
        if granted.done():
            continue
        try:
            meanwhile()
        except Exception as error:
            granted.set_exception(error)


def _futures(intents: Sequence[_Asked]) -> list[asyncio.Future[bool]]:
    return [asked.granted for asked in intents]


def _fail(futures: Sequence[asyncio.Future[Any]], failure: StoreUnavailable) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(failure)


def _answer_claims(futures: Sequence[asyncio.Future[Claimed]], claimed: Sequence[Claimed]) -> None:
    for place, future in enumerate(futures):
        if not future.done():
            future.set_result(claimed[place] if place < len(claimed) else Claimed())
