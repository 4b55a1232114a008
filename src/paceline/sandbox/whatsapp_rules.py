"""What the WhatsApp simulator does instead of behaving: rules as values, and the counting that decides which one holds."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from paceline.domain.errors import InputError, Problem


class Answer(StrEnum):
    """What a request is answered."""

    NORMAL = "normal"  # as if there were no rule (but for delay and statuses)
    ERROR = "error"  # an error of the API, with ``code``
    HTML = "html"  # a page of an edge, with ``status``
    BROKEN = "broken"  # JSON that breaks off
    EMPTY = "empty"  # headers without a body
    HUGE = "huge"  # a body without end
    RESET = "reset"  # the connection is reset after the request was read
    STALL = "stall"  # nothing, for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppRule:
    """For these requests, do this. ``recipient``, ``template`` and ``number`` are patterns such as +49*."""

    name: str = ""
    recipient: str = "*"
    template: str = "*"
    number: str = "*"
    uploads: bool = False
    """Whether it is for uploads of media instead of messages."""
    after_messages: int = 0
    """Only once so many messages were accepted."""
    skip: int = 0
    first: int = 0
    """0: no end."""
    every: int = 1
    probability: float = 1.0
    answer: Answer = Answer.NORMAL
    code: int = 131000
    status: int = 400
    message: str = ""
    details: str = ""
    retry_after_seconds: int = 0
    delay_seconds: float = 0.0
    processed: bool | None = None
    """Whether the message counts as taken; None: with a normal answer only."""
    statuses: tuple[str, ...] | None = None
    """What webhooks tell of it: sent, delivered, read, failed; None: what the simulator does otherwise."""
    failed_code: int = 131026
    message_status: str = "accepted"
    """What an accepted message is answered with: also held_for_quality_assessment, paused."""


class WhatsAppRuleBook:
    """The rules of one simulator with their counts."""

    def __init__(self, rules: tuple[WhatsAppRule, ...] = (), seed: int = 0) -> None:
        self.rules = rules
        self.random = random.Random(seed)
        self._turns: Counter[int] = Counter()

    def find(
        self, *, number: str, messages: int, recipient: str = "", template: str = "", uploads: bool = False
    ) -> WhatsAppRule | None:
        """The first rule that holds, counted as used."""
        for place, rule in enumerate(self.rules):
            if (
                uploads is rule.uploads
                and messages >= rule.after_messages
                and fnmatchcase(recipient, rule.recipient)
                and fnmatchcase(template, rule.template)
                and fnmatchcase(number, rule.number)
                and self._is_its_turn(place, rule)
            ):
                return rule
        return None

    def _is_its_turn(self, place: int, rule: WhatsAppRule) -> bool:
        self._turns[place] += 1
        turn = self._turns[place] - rule.skip
        return (
            turn > 0
            and (not rule.first or turn <= rule.first)
            and turn % rule.every == 0
            and (rule.probability >= 1 or self.random.random() < rule.probability)
        )


_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "bool | None": (bool,),
    "Answer": (str,),
    "tuple[str, ...] | None": (list,),
}
_STATUSES = ("sent", "delivered", "read", "failed")


def read_rules(tables: Any, *, file: str) -> tuple[WhatsAppRule, ...]:
    """The [[whatsapp]] tables of a behaviour file. Raises InputError with every problem."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError([Problem(file=file, field="whatsapp", message="must be a list of tables: [[whatsapp]]")])
    problems: list[Problem] = []
    rules = []
    for number, table in enumerate(tables, start=1):
        complaints = list(_complaints(table))
        problems += [Problem(file=file, field=f"whatsapp[{number}].{name}", message=what) for name, what in complaints]
        if not complaints:
            values = dict(table)
            if "answer" in values:
                values["answer"] = Answer(values["answer"])
            if "statuses" in values:
                values["statuses"] = tuple(values["statuses"])
            rules.append(WhatsAppRule(**values))
    if problems:
        raise InputError(problems)
    return tuple(rules)


def _complaints(table: dict[str, Any]) -> list[tuple[str, str]]:
    known = {one.name: str(one.type) for one in fields(WhatsAppRule)}
    found = []
    for name, value in table.items():
        if name not in known:
            found.append((name, f"is not known; known are: {', '.join(known)}"))
        elif not _fits(value, known[name]):
            found.append((name, f"must be {known[name].removesuffix(' | None')}"))
        elif name == "answer" and value not in list(Answer):
            found.append((name, f"must be one of: {', '.join(Answer)}"))
        elif name == "statuses" and not set(value) <= set(_STATUSES):
            found.append((name, f"must be a list of: {', '.join(_STATUSES)}"))
        elif name in ("every", "status") and value < 1:
            found.append((name, "must be at least 1"))
    return found


def _fits(value: object, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and (not isinstance(value, bool) or kind.startswith("bool"))
