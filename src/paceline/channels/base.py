"""What every channel offers, and all the engine knows of them.

A delivery has one point of no return. ``Session.offer`` does everything before it, ``Session.hand_over`` crosses it.
Between the two the engine makes the intent durable; without it, ``Session.abandon``.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from paceline.domain.account import Account
from paceline.domain.outcome import Outcome

__all__ = ["Channel", "Letter", "Session"]


class Letter(NamedTuple):
    """One rendered message: its envelope and its exact bytes. A tuple, because one is made for every message."""

    sender: str
    """E-mail: the envelope sender, an addr-spec, or "" for the null path. WhatsApp: the phone number id."""
    recipient: str
    """E-mail: an addr-spec; the domain is ASCII, the local part may need SMTPUTF8. WhatsApp: a number, with its "+"."""
    data: bytes
    """E-mail: header and body, lines end in CRLF, the last one too; dots are not yet doubled. WhatsApp: the JSON."""
    template: str = ""
    """WhatsApp: name and language of the template, by which the API judges messages together."""
    attempt: int = 1
    """Which attempt this is."""
    media: tuple[str, ...] = ()
    """WhatsApp: files of ours in it, whose ids at the provider are filled in before it leaves."""


class Session(Protocol):
    """One connection of one account. One letter at a time: offer, then hand_over or abandon."""

    @property
    def usable(self) -> bool:
        """False once the connection is closed, used up (count, age) or can no longer be trusted."""

    async def offer(self, letter: Letter) -> Outcome | None:
        """Do everything before the point of no return.

        None: the receiver holds the letter and cannot accept it before ``hand_over``. An outcome: it ended here and
        nothing was accepted (Deferred, Refused or Returned, never Accepted or Uncertain).
        """

    async def hand_over(self, ahead: Letter | None = None) -> Outcome:
        """Cross the point of no return with the offered letter and wait for the answer.

        ``ahead`` is the letter that will be offered next on this session, if its turn is now: its envelope may ride in
        the same write. It must then be given to ``offer`` next, or the session closed. Returned, with nothing written,
        when the connection is known to be closed already.
        """

    def abandon(self) -> None:
        """Drop the offered letter so that it can never be accepted. The connection is lost by it."""

    async def close(self) -> None:
        """End the session in an orderly way; returns within 2 s, never raises, may be called twice."""


class Channel(Protocol):
    """A way to reach a person: opens sessions for accounts."""

    async def connect(self, account: Account) -> Session:
        """Open a session, ready for ``offer``.

        Raises AccountUnavailable with the trouble. Every wait inside is bounded.
        """
