"""What the sandbox does instead of behaving: rules as values, and the counting that decides which one holds.

The files that people write are read in behaviour_file.py.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from paceline.domain.account import Window
from paceline.sandbox.replies import multiline, without_capabilities
from paceline.sandbox.whatsapp_rules import WhatsAppRule
from paceline.sandbox.windows import window_start

if TYPE_CHECKING:
    from paceline.sandbox.mailbox import Mailbox


class Stage(StrEnum):
    """When a rule is asked."""

    CONNECT = "connect"  # in the place of the greeting
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    AUTH = "auth"  # the login is complete and would be answered with 235
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"  # when at_byte octets of the message are there
    DOT = "dot"  # the message is complete
    NEXT = "next"  # the first command after a message, whichever it is
    RSET = "rset"
    NOOP = "noop"
    QUIT = "quit"


class Answer(StrEnum):
    """What is said."""

    NORMAL = "normal"  # the rule's reply, else what the server would say without the rule
    NONE = "none"  # this reply is missing; the conversation goes on
    STALL = "stall"  # nothing, and nothing ever again on this connection
    GARBAGE = "garbage"  # one line of random octets
    ENDLESS = "endless"  # a reply of endless lines


class Packets(StrEnum):
    """How the octets of an answer travel. Replies to pipelined commands share a packet anyway."""

    WHOLE = "whole"
    SPLIT = "split"  # in two packets, cut in the middle
    BYTEWISE = "bytewise"  # each octet by itself


class Then(StrEnum):
    """What becomes of the connection after the answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"  # with a TCP RST
    STALL = "stall"  # it stays open, and nothing is read or said on it any more


class Per(StrEnum):
    """What counts are kept by."""

    SERVER = "server"
    CONNECTION = "connection"
    LOGIN = "login"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Messages that may be stored per window; the rule holds once they are."""

    messages: int
    seconds: int
    window: Window = Window.ROLLING
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def since(self, now: float) -> float:
        """The beginning of the window that ends now."""
        if self.window is Window.ROLLING:
            return now - self.seconds
        return window_start(now, self.seconds, self.timezone).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a rule holds: all that is given is true; ``skip``, ``first`` and ``every`` count the times it was."""

    recipient: str | None = None
    sender: str | None = None
    username: str | None = None
    per: Per | None = None
    """None: limit and connections_above by login, everything else by server."""
    after_messages: int = 0
    limit: Limit | None = None
    connections_above: int | None = None
    skip: int = 0
    first: int = 0
    """0: no end."""
    every: int = 1
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happens when a rule holds."""

    reply: bytes | None = None
    """With its line endings."""
    answer: Answer = Answer.NORMAL
    delay_seconds: float = 0.0
    packets: Packets = Packets.WHOLE
    gap_seconds: float = 0.002
    garbage_bytes: int = 64
    pad_bytes: int = 0
    """The last line of the reply is filled up to this length."""
    extra: bytes | None = None
    """A reply that nobody asked for, behind the answer."""
    extra_delay_seconds: float = 0.0
    then: Then | None = None
    """None: close after 421, stall with a stalled answer, else keep."""
    stored: bool | None = None
    """Stage dot: whether the message counts as stored; None: if the answer begins with 2."""
    without: tuple[str, ...] = ()
    at_byte: int = 0
    read_bytes_per_second: int = 0

    def says(self, normal: bytes) -> bytes | None:
        """The reply that is given in the place of ``normal``; None if what is said is no reply."""
        if self.answer is not Answer.NORMAL:
            return None
        said = normal if self.reply is None else self.reply
        if self.without and said.startswith(b"250"):
            said = without_capabilities(said, self.without)
        missing = self.pad_bytes - len(said)
        return said[:-2] + b"x" * missing + b"\r\n" if said and missing > 0 else said

    def ends(self, said: bytes) -> Then:
        """What becomes of the connection after this reply (RFC 5321 section 3.8: 421 closes)."""
        if self.then is not None:
            return self.then
        if self.answer is Answer.STALL:
            return Then.STALL
        return Then.CLOSE if said.startswith(b"421") or (self.extra or b"").startswith(b"421") else Then.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At these stages, when the condition holds, do this."""

    name: str
    stages: frozenset[Stage]
    when: Condition = Condition()
    action: Action = Action()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviours:
    """Rules in the order in which they are asked; the first that holds decides."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    description: str = ""
    whatsapp: tuple[WhatsAppRule, ...] = ()
    """What the WhatsApp simulator does."""


@dataclass(slots=True, kw_only=True)
class Situation:
    """What a rule may look at; filled in as the conversation goes on."""

    connection: int
    username: str = ""
    """The login, while one is tried the one that is tried."""
    is_logged_in: bool = False
    sender: str = ""


class RuleBook:
    """The behaviours of one running sandbox with their counts. A new book starts every count anew."""

    def __init__(self, behaviours: Behaviours, mailbox: Mailbox) -> None:
        self.behaviours = behaviours
        self.any = bool(behaviours.rules)
        """Whether there are rules at all."""
        self.random = random.Random(behaviours.seed)
        self._mailbox = mailbox
        self._turns: Counter[tuple[int, str]] = Counter()
        numbered = list(enumerate(behaviours.rules))
        self._by_stage = {
            stage: rules for stage in Stage if (rules := [pair for pair in numbered if stage in pair[1].stages])
        }

    def find(
        self, stage: Stage, situation: Situation, recipients: Sequence[str], messages: int, now: float
    ) -> Rule | None:
        """The first rule that holds, counted as used; ``messages`` are those stored on this connection."""
        for number, rule in self._by_stage.get(stage, ()):
            recipient = _first_match(rule.when.recipient, recipients)
            if (
                recipient is not None
                and self._holds(rule.when, situation, recipient, messages, now)
                and self._is_its_turn(number, rule.when, _key(rule.when.per, situation, recipient))
            ):
                return rule
        return None

    def _holds(self, when: Condition, situation: Situation, recipient: str, messages: int, now: float) -> bool:
        return (
            (when.sender is None or bool(_glob(when.sender)(situation.sender.lower())))
            and (when.username is None or bool(_glob(when.username)(situation.username.lower())))
            and (
                not when.after_messages
                or self._messages(when.per, situation, recipient, messages) >= when.after_messages
            )
            and (when.limit is None or self._is_used_up(when.limit, when.per, situation, now))
            and (when.connections_above is None or self._open(when.per, situation) > when.connections_above)
        )

    def _messages(self, per: Per | None, situation: Situation, recipient: str, on_connection: int) -> int:
        match per:
            case None | Per.SERVER:
                return self._mailbox.messages
            case Per.CONNECTION:
                return on_connection
            case Per.LOGIN:
                return self._mailbox.per_login[situation.username]
            case Per.RECIPIENT:
                return self._mailbox.per_recipient[recipient]

    def _is_used_up(self, limit: Limit, per: Per | None, situation: Situation, now: float) -> bool:
        login = None if per is Per.SERVER else situation.username
        return self._mailbox.accepted_since(login, limit.since(now)) >= limit.messages

    def _open(self, per: Per | None, situation: Situation) -> int:
        if per is Per.SERVER:
            return self._mailbox.open_connections
        return self._mailbox.open_per_login[situation.username] + (not situation.is_logged_in)

    def _is_its_turn(self, number: int, when: Condition, key: str) -> bool:
        self._turns[number, key] += 1
        turn = self._turns[number, key] - when.skip
        return (
            turn > 0
            and (not when.first or turn <= when.first)
            and turn % when.every == 0
            and (when.probability >= 1 or self.random.random() < when.probability)
        )


def _first_match(pattern: str | None, recipients: Sequence[str]) -> str | None:
    """The first recipient that fits; without a pattern any situation fits, "" if it has no recipient."""
    if pattern is None:
        return recipients[0] if recipients else ""
    return next((one for one in recipients if _glob(pattern)(one.lower())), None)


def _key(per: Per | None, situation: Situation, recipient: str) -> str:
    match per:
        case None | Per.SERVER:
            return ""
        case Per.CONNECTION:
            return str(situation.connection)
        case Per.LOGIN:
            return situation.username
        case Per.RECIPIENT:
            return recipient.lower()


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(pattern.lower())).match


def reply(*lines: str) -> bytes:
    """A reply on the wire: the first line begins with its code, the others are text only.

    Raises ValueError for what cannot be a reply.
    """
    if not all(line.isprintable() and len(line) <= 8_192 for line in lines):
        raise ValueError("each line must be printable text of at most 8192 characters")
    if not lines or not re.fullmatch(r"[2-5][0-9][0-9]( .*)?", lines[0]):
        raise ValueError('must begin with a code from 200 to 599 and a space, for example "450 4.2.1 try again later"')
    code, text = lines[0][:3], lines[0][4:]
    return multiline(code.encode(), tuple(line.encode() for line in (text, *lines[1:])))
