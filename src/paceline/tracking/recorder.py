"""Opens and clicks on their way into the database: collected in memory, written in groups, half a second behind at most.

So that a thousand readers at once cost a sender two short transactions a second. What is on the way when the process is
killed is lost: opens and clicks are statistics, and everything that matters (unsubscribing) is not written here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from paceline.domain.errors import StoreUnavailable
from paceline.domain.fact import Doer, Fact, FactKind
from paceline.domain.tokens import Token
from paceline.store.database import Database
from paceline.store.queue import facts
from paceline.store.queue.facts import SentMessage, Span
from paceline.tracking.automatic import MANY_LINKS, MANY_LINKS_RULE, MANY_LINKS_SECONDS, Request, recognise

_log = logging.getLogger("paceline.tracking")

BEHIND_SECONDS = 0.25
"""How often what has come is written."""

GROUP = 250
"""Facts per transaction: on SQLite one holds up a sender, so it must be short."""

MOST_WAITING = 200_000
"""Facts kept while the database does not answer; what comes on top is counted and dropped."""

_MOST_REMEMBERED = 50_000
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request with a genuine token."""

    token: Token
    request: Request
    at: float
    key: str = field(default_factory=lambda: secrets.token_hex(8))


class Recorder:
    """Collects and writes. ``saw`` never waits and never fails."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._waiting: list[Seen] = []
        self._bursts = _Bursts()
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self.dropped = 0
        """Facts that found no room."""

    @property
    def waiting(self) -> int:
        """Facts that are not in the database yet."""
        return len(self._waiting)

    def saw(self, token: Token, request: Request) -> None:
        """Take note of an open or a click."""
        if token.message_id == 0:  # a test that nobody was sent
            return
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.append(Seen(token=token, request=request, at=self._now()))
        if len(self._waiting) >= GROUP:
            self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while this lasts, and what is left at its end."""
        writer = asyncio.create_task(self._write_for_ever(), name="tracking recorder")
        try:
            yield
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            await self.flush()

    async def flush(self) -> None:
        """Write everything that has come until now; returns when it is written, or the database does not answer."""
        async with self._writing:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
                try:
                    await asyncio.shield(asyncio.to_thread(self._write, group))
                except StoreUnavailable as failure:  # the keys make a repetition harmless
                    self._waiting = (group + self._waiting)[:MOST_WAITING]
                    _log.warning("%d opens and clicks wait for the database: %s", len(self._waiting), failure)
                    return

    async def _write_for_ever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), BEHIND_SECONDS)
            self._wake.clear()
            try:
                await self.flush()
            except Exception:
                _log.exception("a group of opens and clicks could not be written")
            if len(self._waiting) >= GROUP:  # the database does not answer
                await asyncio.sleep(BEHIND_SECONDS)

    def _write(self, group: list[Seen]) -> None:
        with self._database.read() as connection:
            known = facts.sent_messages(connection, self._database, [seen.token.message_id for seen in group])
        found = [fact for seen in group if (fact := _fact(seen, known.get(seen.token.message_id))) is not None]
        found, suspects = self._bursts.sort_out(found)
        now = self._now()
        with self._database.write() as connection:
            if suspects:
                facts.reclassify(connection, self._database, suspects, doer=Doer.SCANNER, rule=MANY_LINKS_RULE, now=now)
            facts.record(connection, self._database, found, now=now)


def _fact(seen: Seen, message: SentMessage | None) -> Fact | None:
    """The fact, with who it was; None when the message is no longer there, or is not the token's."""
    token = seen.token
    if message is None or (message.campaign_id, message.workspace_id) != (token.campaign_id, token.workspace_id):
        return None
    after = None if message.sent_at is None else seen.at - message.sent_at
    doer, rule = recognise(replace(seen.request, seconds_after_sending=after))
    agent = "".join(c if c.isprintable() else " " for c in seen.request.user_agent[:_LONGEST_DETAIL])
    return Fact(
        message_id=token.message_id,
        campaign_id=token.campaign_id,
        kind=seen.request.kind,
        key=seen.key,
        at=seen.at,
        doer=doer,
        rule=rule,
        link=token.number if seen.request.kind is FactKind.CLICKED else None,
        detail=agent or None,
    )


class _Bursts:
    """Who follows many links of a message within a second is no person, and was none with the first of them."""

    def __init__(self) -> None:
        self._lately: OrderedDict[int, list[tuple[float, int]]] = OrderedDict()

    def sort_out(self, group: list[Fact]) -> tuple[list[Fact], dict[int, Span]]:
        """The group with its bursts recognised, and message id -> when: what is written of that time is wrong, too."""
        bursts: dict[int, Span] = {}
        for fact in group:
            if fact.kind is not FactKind.CLICKED or fact.link is None:
                continue
            lately = [
                (at, link) for at, link in self._remembered(fact.message_id) if fact.at - at <= MANY_LINKS_SECONDS
            ]
            lately.append((fact.at, fact.link))
            self._lately[fact.message_id] = lately
            if len({link for _, link in lately}) >= MANY_LINKS:
                first = min(at for at, _ in lately)
                bursts[fact.message_id] = (min(first, bursts.get(fact.message_id, (first, 0.0))[0]), fact.at)
        return [_suspected(fact, bursts.get(fact.message_id)) for fact in group], bursts

    def _remembered(self, message_id: int) -> list[tuple[float, int]]:
        lately = self._lately.pop(message_id, [])
        while len(self._lately) >= _MOST_REMEMBERED:
            self._lately.popitem(last=False)
        return lately


def _suspected(fact: Fact, burst: Span | None) -> Fact:
    is_part = burst is not None and fact.kind is FactKind.CLICKED and burst[0] <= fact.at <= burst[1]
    if is_part and fact.doer is Doer.PERSON:
        return replace(fact, doer=Doer.SCANNER, rule=MANY_LINKS_RULE)
    return fact
