"""One lane of a worker: a loop over one connection, opened when the first message comes and replaced when it is used up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from paceline.channels.base import Letter, Session
from paceline.domain.errors import AccountUnavailable
from paceline.domain.outcome import AccountTrouble, Outcome
from paceline.engine.delivery import Delivery, Prepared, Withheld


class LetGo:
    """What a lane that waits gets in the place of a message when it has to close its connection."""


LET_GO = LetGo()


class Dispatcher(Protocol):
    """What a lane asks of its worker."""

    @property
    def idle_seconds(self) -> float:
        """How long a connection may be open without a message."""

    def take(self) -> Prepared | None:
        """The next message if its turn is now."""

    def park(self, lane: Lane) -> asyncio.Future[Prepared | LetGo | None]:
        """Wait for a message; None: the worker leaves."""

    def learn(self, result: Outcome | Withheld) -> float:
        """How a delivery ended; returns the seconds this lane has to rest."""

    def cannot_connect(self, trouble: AccountTrouble) -> float:
        """No session could be opened; returns the seconds this lane has to rest."""

    def not_begun(self, prepared: Prepared) -> None:
        """A message that was taken and could not be begun goes back."""

    def let_go_of(self, waiting: asyncio.Future[Prepared | LetGo | None]) -> None:
        """Who waits with this future has had no message for long: he closes his connection."""

    async def rest(self, seconds: float) -> None:
        """Sleep, but no longer than the worker stays."""


class Lane:
    """Delivers one message after another over one connection."""

    def __init__(self, dispatcher: Dispatcher, delivery: Delivery, connect: Callable[[], Awaitable[Session]]) -> None:
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._connect = connect
        self._session: Session | None = None
        self._following: Prepared | None = None

    async def run(self) -> None:
        """Deliver until the worker leaves."""
        try:
            while (prepared := await self._next()) is not None:
                rest = await self._deliver(prepared)
                if rest:
                    self._return_following()
                    await self._close()
                    await self._dispatcher.rest(rest)
        finally:
            self._return_following()
            await self._close()

    async def _next(self) -> Prepared | None:
        following, self._following = self._following, None
        if following is not None:
            return following
        while True:
            found = await self._wait(self._dispatcher.park(self))
            if not isinstance(found, LetGo):
                return found
            await self._close()

    async def _wait(self, waiting: asyncio.Future[Prepared | LetGo | None]) -> Prepared | LetGo | None:
        if waiting.done() or self._session is None:
            return await waiting
        idle_seconds = self._dispatcher.idle_seconds
        timer = asyncio.get_running_loop().call_later(idle_seconds, self._dispatcher.let_go_of, waiting)
        try:
            return await waiting
        finally:
            timer.cancel()

    async def _deliver(self, prepared: Prepared) -> float:
        try:
            session = await self._open_session()
        except AccountUnavailable as error:
            self._dispatcher.not_begun(prepared)
            return self._dispatcher.cannot_connect(error.trouble)
        except BaseException:
            self._dispatcher.not_begun(prepared)
            raise
        result = await self._delivery.deliver(prepared, session, self._ahead)
        if isinstance(result, Withheld):
            self._return_following()
        return self._dispatcher.learn(result)

    async def _open_session(self) -> Session:
        if self._session is not None and not self._session.usable:
            await self._close()
        if self._session is None:
            self._session = await self._connect()
        return self._session

    def _ahead(self) -> Letter | None:
        """The message after the one that is being handed over, if its turn is now; the same one when asked again."""
        self._following = self._following or self._dispatcher.take()
        return None if self._following is None else self._following.letter

    def _return_following(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            self._dispatcher.not_begun(following)

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
