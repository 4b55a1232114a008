"""A channel that reaches nobody: every message is answered after a moment, as a script says. For dry runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from paceline.channels.base import Letter, Session
from paceline.domain.account import Account
from paceline.domain.outcome import Accepted, Outcome, Returned

Script = Callable[[Account, Letter], Outcome]
"""What a server answers to a letter of an account."""

_ACCEPTED = Accepted(reply="250 2.0.0 accepted by the dry run")


def accept_everything(account: Account, letter: Letter) -> Outcome:
    """A server that takes whatever comes."""
    return _ACCEPTED


class SimulatedChannel:
    """``paceline.channels.base.Channel`` without a network. ``on_answer`` hears of every answer."""

    def __init__(
        self,
        *,
        seconds_per_message: float,
        script: Script = accept_everything,
        on_answer: Callable[[Account, Outcome], None] = lambda account, outcome: None,
    ) -> None:
        self._seconds = seconds_per_message
        self._script = script
        self._on_answer = on_answer

    async def connect(self, account: Account) -> Session:
        """A session at once."""
        return SimulatedSession(account, self)

    async def answer(self, account: Account, letter: Letter) -> Outcome:
        """What the server says, after its time."""
        await asyncio.sleep(self._seconds)
        outcome = self._script(account, letter)
        self._on_answer(account, outcome)
        return outcome


class SimulatedSession:
    """``paceline.channels.base.Session`` without a network."""

    def __init__(self, account: Account, channel: SimulatedChannel) -> None:
        self._account = account
        self._channel = channel
        self._letter: Letter | None = None
        self._usable = True

    @property
    def usable(self) -> bool:
        """Until it is abandoned or closed."""
        return self._usable

    async def offer(self, letter: Letter) -> Outcome | None:
        """The server holds the letter."""
        self._letter = letter
        return None

    async def hand_over(self, ahead: Letter | None = None) -> Outcome:
        """The server answers."""
        letter, self._letter = self._letter, None
        if letter is None:
            return Returned(reply="nothing was offered")
        return await self._channel.answer(self._account, letter)

    def abandon(self) -> None:
        """The letter is dropped, and the session with it."""
        self._letter, self._usable = None, False

    async def close(self) -> None:
        """The session has ended."""
        self._usable = False
