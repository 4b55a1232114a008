"""One SMTP connection: octets to lines and messages, answers with the rules applied, TLS. The verbs are in smtp_dialogue.py."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, cast

from paceline.sandbox import replies
from paceline.sandbox.behaviours import Rule, Situation, Stage, Then
from paceline.sandbox.mailbox import Violation
from paceline.sandbox.misbehaviour import say
from paceline.sandbox.office import Decision, Office
from paceline.sandbox.smtp_dialogue import Dialogue
from paceline.sandbox.wire import Wire

_END: Final = b"\r\n.\r\n"
_LONGEST_COMMAND: Final = 12_288
_LARGEST_BUFFER: Final = 2 * replies.MAX_MESSAGE_BYTES
_SUCCESS: Final[dict[Stage | None, bytes]] = {
    Stage.DATA: b"354",
    Stage.STARTTLS: b"220",
    Stage.CONNECT: b"220",
    Stage.AUTH: b"235",
}

Done = Callable[[bytes], None]


class SmtpConnection(asyncio.Protocol):
    """Reads commands and messages one after the other; while it waits (``_busy``) what arrives is kept."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.situation = Situation(connection=0)
        self.is_encrypted = False
        self._messages = 0
        self._after_message = False
        self._last_active = 0.0
        self._dialogue = Dialogue(self)
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._busy = False
        self._advances = False
        self._greeted = False
        self._reads_message = False
        self._too_big = False
        self._scanned = 0
        self._body_rule: Rule | None = None
        self._is_shaking_hands = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        office = self.office
        self._wire = Wire(
            cast("asyncio.Transport", transport), latency_seconds=office.latency_seconds, deliver=self._take
        )
        self.is_encrypted = transport.get_extra_info("sslcontext") is not None
        self.situation.connection = office.mailbox.connected()
        office.connections.add(self)
        office.all_gone.clear()
        self._last_active = self._loop.time()
        self.answer(Stage.CONNECT, replies.GREETING, self._greet, self._turn_away)
        self._flush()

    def _greet(self, _said: bytes) -> None:
        self._greeted = True

    def _turn_away(self, said: bytes) -> None:
        self._greeted = bool(said)
        self._dialogue.turn_away()

    def log_in(self) -> None:
        """Count the connection for the login of its situation."""
        self.situation.is_logged_in = True
        self.office.mailbox.logged_in(self.situation.username)

    def log_out(self) -> None:
        """Forget the login, if there is one."""
        if self.situation.is_logged_in:
            self.office.mailbox.logged_out(self.situation.username)
        self.situation.is_logged_in = False
        self.situation.username = ""

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client. What it had sent completely before is still taken."""
        if self in self.office.connections:
            self.office.connections.discard(self)
            self.office.mailbox.disconnected()
            if self.situation.is_logged_in:
                self.office.mailbox.logged_out(self.situation.username)
            for task in self._tasks:
                task.cancel()
            if not self.office.connections:
                self.office.all_gone.set()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        if self._wire.is_plain:
            self._take(data)
        else:
            self._wire.received(data)

    def _take(self, data: bytes) -> None:
        self._last_active = self._loop.time()
        if not self._greeted and not self._buffer:
            self.office.mailbox.violations[Violation.EARLY_TALKER] += 1
        self._buffer += data
        if len(self._buffer) > _LARGEST_BUFFER:
            self.cut()
        self._advance()

    def _advance(self) -> None:
        if self._advances:
            return
        self._advances = True
        while self._buffer and not self._busy:
            if not (self._read_message() if self._reads_message else self._read_line()):
                break
        self._advances = False
        self._flush()

    def _read_line(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0 or end > _LONGEST_COMMAND:
            if len(self._buffer) > _LONGEST_COMMAND:
                self.violate(Violation.LINE_TOO_LONG)
                self._out.append(replies.LINE_TOO_LONG)
                self.close()
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if line[-2:] == b"\r\n" and line.count(b"\r") == 1:
            self._dialogue.line(line[:-2])
        else:
            self.violate(Violation.BARE_LINE_ENDING)
            self._out.append(replies.BARE_LINE_ENDING)
        return True

    def read_message(self) -> None:
        """From now on octets belong to a message, until its final dot."""
        if self._buffer:
            self.violate(Violation.SPOKE_BEFORE_354)
        self._reads_message, self._too_big, self._scanned = True, False, 0
        self._body_rule = self.rule_for(Stage.BODY, self._dialogue.recipients) if self.office.rules.any else None

    def _read_message(self) -> bool:
        buffer = self._buffer
        if self._scanned == 0 and buffer[:3] == b".\r\n":
            end, after = 0, 3
        else:
            end = buffer.find(_END, self._scanned)
            end, after = (end + 2, end + 5) if end >= 0 else (-1, 0)
        rule = self._body_rule
        if rule is not None and (len(buffer) if end < 0 else end) >= rule.action.at_byte:
            self._body_rule = None
            self.apply(Stage.BODY, rule, b"")
            return True
        if end < 0:
            self._wait_for_more()
            return False
        raw = bytes(memoryview(buffer)[:end])
        del buffer[:after]
        self._reads_message = False
        self._dialogue.message(None if self._too_big or end > replies.MAX_MESSAGE_BYTES else raw)
        return True

    def _wait_for_more(self) -> None:
        if len(self._buffer) > replies.MAX_MESSAGE_BYTES:
            self._too_big = True
            del self._buffer[: -len(_END)]
        self._scanned = max(0, len(self._buffer) - len(_END) + 1)

    @property
    def has_more(self) -> bool:
        """Whether the client has sent something behind the line at hand."""
        return bool(self._buffer)

    def violate(self, violation: Violation) -> None:
        """Count a violation of the protocol."""
        self.office.mailbox.violations[violation] += 1

    def rule_for(self, stage: Stage | None, recipients: Sequence[str] = ()) -> Rule | None:
        """The rule that holds now, if any; None is a moment that no stage names."""
        office = self.office
        stages = [] if stage is None else [stage]
        if self._after_message and stage not in (Stage.DOT, Stage.BODY):
            self._after_message = False
            stages.insert(0, Stage.NEXT)
        now = office.clock()
        found = (office.rules.find(one, self.situation, recipients, self._messages, now) for one in stages)
        return next((rule for rule in found if rule is not None), None)

    def answer(
        self,
        stage: Stage | None,
        normal: bytes,
        done: Done | None = None,
        otherwise: Done | None = None,
        recipients: Sequence[str] = (),
    ) -> None:
        """Say the normal reply or what a rule wants; then call ``done`` if what was said means success."""
        rule = self.rule_for(stage, recipients) if self.office.rules.any else None
        self.apply(stage, rule, normal, done, otherwise)

    def apply(
        self,
        stage: Stage | None,
        rule: Rule | None,
        normal: bytes,
        done: Done | None = None,
        otherwise: Done | None = None,
    ) -> None:
        """Like ``answer``, with the rule already found."""
        if rule is None:
            self._out.append(normal)
            self._follow_up(stage, normal, done, otherwise)
        else:
            self.hold()
            self._run(self._misbehave(stage, rule, normal, done, otherwise))

    def _follow_up(self, stage: Stage | None, said: bytes, done: Done | None, otherwise: Done | None) -> None:
        follow_up = done if said.startswith(_SUCCESS.get(stage, b"2")) else otherwise
        if follow_up is not None:
            follow_up(said)

    async def _misbehave(
        self, stage: Stage | None, rule: Rule, normal: bytes, done: Done | None, otherwise: Done | None
    ) -> None:
        action = rule.action
        said = await say(action, normal, self._wire, self.office.rules.random)
        then = action.ends(said)
        if then is Then.KEEP or (action.extra_delay_seconds and then is not Then.STALL):
            self._busy = False
            self._follow_up(stage, said, done, otherwise)
            self._advance()
        if action.extra is not None and action.extra_delay_seconds:
            await asyncio.sleep(action.extra_delay_seconds)
            self._wire.write(action.extra)
        self._end(then)

    def _end(self, then: Then) -> None:
        if then is Then.KEEP:
            return
        self._busy = True
        if then is Then.CLOSE:
            self._wire.close()
        elif then is Then.RESET:
            self._wire.reset()

    def filing(self, *, stored: bool) -> None:
        """A message is complete and will be answered by ``filed``; nothing else is answered before."""
        self._messages += stored
        self._after_message = True
        self._busy = True

    def filed(self, decision: Decision, error: BaseException | None) -> None:
        """The message is filed, or could not be: answer it."""
        self._busy = False
        if error is not None:
            self.cut()
            return
        self.apply(Stage.DOT, decision.rule, decision.normal)
        self._advance()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task that ends at the latest with the connection."""
        if self not in self.office.connections:
            work.close()
            return
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hold(self) -> None:
        """Answer nothing and read nothing until ``go_on``."""
        self._flush()
        self._busy = True

    def go_on(self) -> None:
        """End ``hold``."""
        self._busy = False
        self._advance()

    def _flush(self) -> None:
        if self._out:
            self._wire.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
            self._out.clear()

    def start_tls(self, _said: bytes = b"") -> None:
        """Turn the connection into an encrypted one (RFC 3207); what was sent in plaintext is thrown away."""
        if self._buffer:
            self.violate(Violation.PLAINTEXT_BEHIND_STARTTLS)
            self._buffer.clear()
        self._wire.transport.pause_reading()
        self.hold()
        self._is_shaking_hands = True
        self._run(self._shake_hands())

    async def _shake_hands(self) -> None:
        context = self.office.tls
        assert context is not None  # STARTTLS is refused without one
        with contextlib.suppress(OSError):  # the client's refusal; the transport is closed by then
            encrypted = await self._loop.start_tls(self._wire.transport, self, context, server_side=True)
            if encrypted is not None:
                self._wire.transport = encrypted
                self.is_encrypted = True
                self._is_shaking_hands = False
                self.go_on()
                return
        self.cut()

    def close(self, _said: bytes = b"") -> None:
        """End the conversation in an orderly way."""
        self.hold()
        self._wire.close()

    def close_if_idle(self, since: float) -> None:
        """Send the client away if it has been silent since that time of the loop's clock; not while it waits for us."""
        if self._last_active < since and not self._busy:
            self._out.append(replies.IDLE)
            self.close()

    def cut(self) -> None:
        """End the connection at once."""
        self._busy = True
        self._wire.cut()
        if self._is_shaking_hands:  # the loop's own protocol has the transport then, and may not tell us of its end
            self.connection_lost(None)
