"""A session: one letter after the other over one connection, each up to its final dot, and then across it.

The order of a delivery and what may ride with what: design/delivery.md, RFC 2920. Every reply is checked in its turn;
before a dot is written nothing else may have arrived.
"""

from __future__ import annotations

import asyncio
import time

from paceline.channels.base import Letter
from paceline.channels.smtp.connection import Connection, ConnectionEnded
from paceline.channels.smtp.limits import SmtpTimeouts
from paceline.channels.smtp.replies import Reply
from paceline.channels.smtp.reply_codes import Stage, outcome
from paceline.channels.smtp.wire import TERMINATOR, Capabilities, double_dots, envelope
from paceline.domain.outcome import Accepted, AccountTrouble, Outcome, Refused, Returned, TroubleKind, Uncertain

_RESET = b"RSET\r\n"
_QUIT = b"QUIT\r\n"
_ENVELOPE = (Stage.MAIL, Stage.RCPT, Stage.DATA)
_EXPECTED: dict[Stage, tuple[int, ...]] = {
    Stage.RESET: (250,),
    Stage.MAIL: (250,),
    Stage.RCPT: (250, 251),
    Stage.DATA: (354,),
}


class SmtpSession:
    """One authenticated connection of one account (``paceline.channels.base.Session``)."""

    def __init__(
        self,
        connection: Connection,
        capabilities: Capabilities,
        *,
        host: str,
        timeouts: SmtpTimeouts,
        most_messages: int,
        age_seconds: float,
    ) -> None:
        """``most_messages`` counts the letters begun, whatever became of them; ``age_seconds`` runs from now."""
        self._connection = connection
        self._capabilities = capabilities
        self._pipelining = capabilities.pipelining
        self._host = host
        self._timeouts = timeouts
        self._most_messages = most_messages
        self._expires_at = time.monotonic() + age_seconds
        self._begun = 0
        self._accepted = 0
        self._replied = False  # to any command of the letter in hand
        self._needs_reset = False
        self._offered = False
        self._ahead: Letter | None = None

    @property
    def usable(self) -> bool:
        """False once the connection is closed, used up or out of step."""
        if self._ahead is not None:
            return self._connection.ended is None
        return self._connection.silent and not self._offered and self._has_turn_left()

    def _has_turn_left(self) -> bool:
        return self._begun < self._most_messages and time.monotonic() < self._expires_at

    # -- before the point of no return --------------------------------------------------------------------------------

    async def offer(self, letter: Letter) -> Outcome | None:
        """Envelope and body, all but the final dot. None: the server holds the letter."""
        connection = self._connection
        try:
            ended = await self._agree(letter)
            if ended is None:
                await connection.write_body(double_dots(letter.data), self._timeouts.block)
                ended = None if connection.silent else self._interrupted()
        except ConnectionEnded as end:
            return self._lost(end)
        except asyncio.CancelledError:
            connection.abort()
            raise
        self._offered = ended is None
        return ended

    async def _agree(self, letter: Letter) -> Outcome | None:
        """Give the envelope, unless it went ahead, and read what the server says to it. None: 354, and nothing more."""
        if self._ahead is None:
            commands = self._begin(letter)
            if not isinstance(commands, bytes):
                return commands
            if not self._pipelining:
                return await self._step_by_step(commands)
            self._write(_RESET + commands if self._needs_reset else commands)
        elif self._ahead is not letter:
            return self._cut("another letter was announced to the server")
        self._ahead = None
        replies = self._connection.replies
        wanted = 4 if self._needs_reset else 3
        if len(replies) < wanted:
            await self._connection.expect(wanted, self._timeouts.envelope)
        if (
            len(replies) == 3 == wanted
            and replies[0].code == 250
            and replies[1].code in (250, 251)
            and replies[2].code == 354
        ):
            self._replied = True
            replies.clear()
            return None if self._connection.silent else self._interrupted()
        return self._read_replies()

    def _begin(self, letter: Letter) -> bytes | Outcome:
        """The commands of a fresh transaction, or why there is none."""
        if not self.usable:
            return self._unusable()
        commands = envelope(letter, self._capabilities)
        if not isinstance(commands, Refused):
            self._begun += 1
            self._replied = False
        return commands

    def _unusable(self) -> Returned:
        connection = self._connection
        reason = (
            connection.replies[0].text if connection.replies else str(connection.ended or "the connection is used up")
        )
        self.abandon()
        return Returned(reply=reason)

    def _read_replies(self) -> Outcome | None:
        """Walk the replies to a pipelined envelope; fewer than commands where the connection ended between them."""
        stages = (Stage.RESET, *_ENVELOPE) if self._needs_reset else _ENVELOPE
        received = tuple(self._connection.replies)
        self._connection.replies.clear()
        self._replied = bool(received)
        for index, (stage, reply) in enumerate(zip(stages, received, strict=False)):
            if reply.code not in _EXPECTED[stage]:
                rest_is_refused = all(later.code >= 400 for later in received[index:])
                in_step = len(received) == len(stages) and rest_is_refused and stage is not Stage.RESET
                return self._refused(stage, reply, in_step=in_step)
        if len(received) > len(stages):
            return self._refused(Stage.DOT, received[len(stages)], in_step=False)
        if len(received) < len(stages):
            return self._cut(str(self._connection.ended))
        self._needs_reset = False
        return None if self._connection.silent else self._interrupted()

    async def _step_by_step(self, commands: bytes) -> Outcome | None:
        """The envelope for a server without PIPELINING: each command waits for its reply."""
        timeouts = self._timeouts
        seconds_each = (timeouts.mail, timeouts.recipient, timeouts.data)
        steps = list(zip(_ENVELOPE, commands.splitlines(keepends=True), seconds_each, strict=True))
        if self._needs_reset:
            steps.insert(0, (Stage.RESET, _RESET, timeouts.command))
        for stage, command, seconds in steps:
            self._write(command)
            await self._connection.expect(1, seconds)
            reply = self._connection.replies.pop(0)
            self._replied = True
            if reply.code not in _EXPECTED[stage]:
                return self._refused(stage, reply, in_step=reply.code >= 400 and stage is not Stage.RESET)
            if not self._connection.silent:
                return self._interrupted()
        self._needs_reset = False
        return None

    def _write(self, data: bytes) -> None:
        if not self._connection.write(data):
            raise self._connection.ended or ConnectionEnded("the connection was lost")

    def _refused(self, stage: Stage, reply: Reply, *, in_step: bool) -> Outcome:
        """How the letter ends by this reply; the session goes on after RSET only when the server is in step with us."""
        if in_step and reply.code != 421 and self._connection.silent:
            self._needs_reset = True
        else:
            self._connection.abort()
        return outcome(stage, reply, self._host)

    # -- the point of no return ---------------------------------------------------------------------------------------

    async def hand_over(self, ahead: Letter | None = None) -> Outcome:
        """The final dot, with the envelope of ``ahead`` behind it where that may ride; then the answer."""
        if not self._offered:
            raise RuntimeError("hand_over without a letter that the server holds")
        self._offered = False
        connection = self._connection
        try:
            if not connection.untouched:
                return await self._withheld()
            if not connection.write(TERMINATOR + self._riding(ahead)):
                self._replied = True
                return self._cut("the connection was lost")
            if not connection.replies:
                await connection.expect(1, self._timeouts.final_dot)
        except ConnectionEnded as end:
            return self._doubt(str(end))
        except asyncio.CancelledError:
            connection.abort()
            raise
        return self._answered(connection.replies.pop(0))

    def _riding(self, ahead: Letter | None) -> bytes:
        """What goes behind the dot in the same write: the next envelope, QUIT after the last letter, or nothing."""
        if not self._pipelining:
            return b""
        if not self._has_turn_left():
            return _QUIT
        if ahead is None:
            return b""
        commands = envelope(ahead, self._capabilities)
        if isinstance(commands, Refused):
            return b""
        self._ahead = ahead
        self._begun += 1
        self._replied = False
        return commands

    async def _withheld(self) -> Outcome:
        """Something is there that has no place before the dot, or the connection is closed: the dot is not written."""
        if self._connection.silent:
            try:
                await self._connection.expect(1, self._timeouts.farewell)
            except ConnectionEnded as end:
                return self._lost(end)
        return self._interrupted()

    def _answered(self, reply: Reply) -> Outcome:
        if 200 <= reply.code < 300:
            self._accepted += 1
            return Accepted(reply=reply.text)
        if reply.code < 400:
            return self._doubt(f"the answer made no sense: {reply.text}")
        if reply.code == 421:
            self._ahead = None
            self._connection.abort()
        return outcome(Stage.DOT, reply, self._host)

    def _doubt(self, cause: str) -> Uncertain:
        """The dot is written and will not be answered; a late answer must not meet another letter."""
        self._ahead = None
        self._connection.abort()
        return Uncertain(cause=f"after the final dot: {cause}")

    # -- ends ---------------------------------------------------------------------------------------------------------

    def _interrupted(self) -> Outcome:
        """Before the dot the server said something that was not its turn, or the connection is gone."""
        connection = self._connection
        connection.abort("the server spoke out of turn")
        if connection.replies:
            return outcome(Stage.DOT, connection.replies.pop(0), self._host)
        return self._lost(connection.ended or ConnectionEnded("the connection was lost"))

    def _lost(self, end: ConnectionEnded) -> Outcome:
        """The connection ended before the dot; what the server managed to say counts first."""
        return (self._read_replies() if self._connection.replies else None) or self._cut(str(end))

    def _cut(self, reason: str) -> Returned:
        """The letter goes back. A used connection that the server closed between two letters is nobody's trouble."""
        self._ahead = None
        self._connection.abort(reason)
        if self._accepted and not self._replied:
            return Returned(reply=reason)
        return Returned(reply=reason, trouble=AccountTrouble(kind=TroubleKind.FAILING, reason=reason))

    def abandon(self) -> None:
        """Drop the letter that the server holds; without its final dot it cannot be accepted."""
        self._offered = False
        self._ahead = None
        self._connection.abort("abandoned")

    async def close(self) -> None:
        """QUIT where the server can understand it as such, and close. Never raises, may be called twice."""
        if self._offered or self._ahead is not None or not self._connection.silent:
            self.abandon()
        else:
            await self._connection.close(_QUIT, self._timeouts.farewell)
