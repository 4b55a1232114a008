"""The live feed: one look at the queue for all subscribers of a workspace, a few times a second.

However fast messages go out, a subscriber gets one event per look at most, and one that reads slowly gets the newest
state of each thing and never a backlog.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from paceline.domain.errors import PacelineError, StoreUnavailable
from paceline.operations.campaigns import changes
from paceline.operations.campaigns.outlooks import OutlookWatch
from paceline.operations.context import Context

_log = logging.getLogger("paceline.api")

LOOK_EVERY_SECONDS = 0.25
_OVERLAP_SECONDS = 5.0  # clocks of several machines differ a little, and a commit is later than its time stamp
_MOST_SUBSCRIBERS = 500
_REMEMBERED_SECONDS = 60.0

CAMPAIGNS, ACCOUNTS, OUTLOOKS = "campaigns", "accounts", "outlooks"

Things = dict[str, dict[str, Any]]
_Found = TypeVar("_Found", Things, dict[str, Things])


class TooManySubscribers(PacelineError):
    """The process has no room for another subscriber."""


class Subscriber:
    """What one reader has not seen yet: the newest state of each thing of the kinds that it may see."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self._pending: dict[str, Things] = {CAMPAIGNS: {}, ACCOUNTS: {}, OUTLOOKS: {}}
        self._news = asyncio.Event()

    def tell(self, kind: str, things: Things) -> None:
        """Something is new."""
        if things and kind in self._kinds:
            self._pending[kind].update(things)
            self._news.set()

    async def next_event(self, patience_seconds: float) -> bytes | None:
        """The next event for the wire; None when nothing happened for that long."""
        try:
            async with asyncio.timeout(patience_seconds):
                await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        body = {kind: list(things.values()) for kind, things in self._pending.items()}
        for things in self._pending.values():
            things.clear()
        return f"event: changes\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


class _Ahead:
    """When the campaigns of a workspace will finish and what holds them back: found out now and then, beside the looks.

    It outlives its subscribers for a while, so that who loads a page again and again does not make the work begin anew.
    """

    def __init__(self, context: Context) -> None:
        self.seen: Things = {}
        self.left_at = 0.0
        self._outlooks = OutlookWatch(context)
        self._task: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        return self._task is not None and not self._task.done()

    def look(self, statuses: Mapping[str, str], tell: Callable[[Mapping[str, Things]], None]) -> None:
        """Begin to look, if it is time. Returns at once."""
        if self._outlooks.is_due and not self.is_looking:
            self._task = asyncio.create_task(self._look(statuses, tell))

    def end(self) -> None:
        """Tell nobody any more."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self, statuses: Mapping[str, str], tell: Callable[[Mapping[str, Things]], None]) -> None:
        news = await _found(self._outlooks.look, statuses)
        self.seen.update(news)
        tell({OUTLOOKS: news})


class _Watched:
    """One workspace with subscribers: what was seen last."""

    def __init__(self, context: Context, ahead: _Ahead) -> None:
        self.context = context
        self.ahead = ahead
        self.subscribers: set[Subscriber] = set()
        self.seen: dict[str, Things] = {CAMPAIGNS: {}, ACCOUNTS: {}, OUTLOOKS: ahead.seen}
        self.looked = False
        self._accounts = changes.AccountWatch(context)
        self._since: float | None = None

    def look(self) -> dict[str, Things]:
        """What differs from the last look; the first one finds everything that is under way. Runs in a thread."""
        now = self.context.clock.now()
        since = now - _OVERLAP_SECONDS if self._since is None else self._since
        found = {
            CAMPAIGNS: changes.campaigns_changed(self.context, since, active_too=self._since is None),
            ACCOUNTS: self._accounts.look(),
        }
        self._since = now - _OVERLAP_SECONDS
        news = {} if self.looked else {OUTLOOKS: dict(self.seen[OUTLOOKS])}
        self.looked = True
        for kind, things in found.items():
            news[kind] = {name: thing for name, thing in things.items() if self.seen[kind].get(name) != thing}
            self.seen[kind].update(news[kind])
        return news

    def statuses(self) -> dict[str, str]:
        """Public id -> status of every campaign that was seen."""
        return {name: campaign["status"] for name, campaign in self.seen[CAMPAIGNS].items()}

    def tell(self, news: Mapping[str, Things]) -> None:
        """Tell every subscriber what is new."""
        for subscriber in tuple(self.subscribers):
            for kind, things in news.items():
                subscriber.tell(kind, things)


class Feed:
    """The feed of one process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._watched: dict[int, _Watched] = {}
        self._ahead: dict[int, _Ahead] = {}
        self._wake = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look around while this lasts."""
        task = asyncio.create_task(self._look_around())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            for ahead in self._ahead.values():
                ahead.end()

    @contextmanager
    def subscribed(self, workspace_id: int, kinds: frozenset[str]) -> Iterator[Subscriber]:
        """A subscriber of one workspace; it is told at once of every account and of the campaigns that are under way,
        and then of what changes.
        """
        if sum(len(watched.subscribers) for watched in self._watched.values()) >= _MOST_SUBSCRIBERS:
            raise TooManySubscribers(f"this process already has {_MOST_SUBSCRIBERS} subscribers")
        watched = self._watched.get(workspace_id)
        if watched is None:
            watched = self._watched[workspace_id] = self._begin_to_watch(workspace_id)
        subscriber = Subscriber(kinds)
        if watched.looked:
            for kind, things in watched.seen.items():
                subscriber.tell(kind, dict(things))
        watched.subscribers.add(subscriber)
        self._wake.set()
        try:
            yield subscriber
        finally:
            watched.subscribers.discard(subscriber)
            if not watched.subscribers:
                self._watched.pop(workspace_id, None)
                watched.ahead.left_at = time.monotonic()

    def _begin_to_watch(self, workspace_id: int) -> _Watched:
        context = self._context.in_workspace(workspace_id)
        ahead = self._ahead.get(workspace_id) or _Ahead(context)
        forgotten = time.monotonic() - _REMEMBERED_SECONDS
        self._ahead = {
            number: one
            for number, one in self._ahead.items()
            if number in self._watched or one.is_looking or one.left_at > forgotten
        }
        self._ahead[workspace_id] = ahead
        return _Watched(context, ahead)

    async def _look_around(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self._watched:
                await self._wake.wait()
            self._wake.clear()
            for number in tuple(self._watched):
                await self._look(number)
            next_at = loop.time() + LOOK_EVERY_SECONDS
            while await self._woken_before(next_at):  # whoever begins to watch a workspace sees it at once
                for number in [one for one, watched in self._watched.items() if not watched.looked]:
                    await self._look(number)

    async def _look(self, workspace_id: int) -> None:
        watched = self._watched.get(workspace_id)
        if watched is not None:
            watched.tell(await _found(watched.look))
            watched.ahead.look(watched.statuses(), partial(self._tell, workspace_id))

    def _tell(self, workspace_id: int, news: Mapping[str, Things]) -> None:
        """Whoever watches the workspace by now."""
        watched = self._watched.get(workspace_id)
        if watched is not None:
            watched.tell(news)

    async def _woken_before(self, moment: float) -> bool:
        """Whether somebody came before that."""
        try:
            async with asyncio.timeout_at(moment):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True


async def _found(look: Callable[..., _Found], *given: Any) -> _Found:
    """What a look in a thread finds; nothing when it cannot look."""
    try:
        return await asyncio.to_thread(look, *given)
    except StoreUnavailable as failure:
        _log.warning("the feed cannot look: %s", failure)
    except Exception:  # the others' feeds go on
        _log.exception("the feed of a workspace cannot look")
    return {}
