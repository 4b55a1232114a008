"""Reply rules: when a provider's answer matches so many times, something is suspended, slowed down or paused for a time.

The table of a channel (SMTP's is in channels/smtp/reply_codes.py) says what every answer means for its message; rules are
what a person adds to it. Only a provider's own words are matched, never ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_STEPS = 600
_CODES = re.compile(r"(?:HTTP )?(\d{3,6})(?:[ :]+([245]\.\d{1,3}\.\d{1,3})(?=\s|$))?")
_LONGEST_MATCHED = 2000


class RuleScope(StrEnum):
    """What answers are counted for, and what a rule holds back."""

    ACCOUNT = "account"  # the account that got the answer
    SERVER = "server"  # all accounts on its host
    DOMAIN = "domain"  # the recipient's domain
    CAMPAIGN = "campaign"  # the message's campaign


class RuleAction(StrEnum):
    """What a rule does."""

    SUSPEND = "suspend"  # nothing is sent for a time
    LOWER = "lower"  # a share of the pace for a time
    PAUSE = "pause"  # the campaign whose answer was one too many waits for a person


class Target(NamedTuple):
    """What a rule counts for: the account's or campaign's number, the host or the domain, as text."""

    scope: RuleScope
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRule:
    """One rule. Of ``code``, ``enhanced`` and ``text`` those that are not empty must all match."""

    name: str
    code: str = ""
    """Of the whole code; ``*`` stands for anything: "421", "4*"."""
    enhanced: str = ""
    """Of the whole enhanced code (RFC 3463): "4.7.28", "4.7.*"."""
    text: str = ""
    """Anywhere in the answer, in any case; ``*`` stands for anything between two parts: "too many*connections"."""
    scope: RuleScope = RuleScope.ACCOUNT
    after: int = 1
    """The rule acts with so many matching answers …"""
    within_seconds: float = 60.0
    """… within this time."""
    action: RuleAction = RuleAction.SUSPEND
    for_seconds: float = 600.0
    """How long it is suspended or lowered; a pause waits for a person."""
    share: float = 0.5
    """To which share of the pace it is lowered."""

    def matches(self, answer: str) -> bool:
        """Whether an answer, as it is on record, is one of this rule. Costs a few scans of the text, whatever the pattern."""
        found = _CODES.match(answer)
        code, enhanced = (found[1], found[2] or "") if found is not None else ("", "")
        return (
            (not self.code or like(self.code, code))
            and (not self.enhanced or like(self.enhanced, enhanced))
            and (not self.text or like(f"*{self.text}*", answer[:_LONGEST_MATCHED]))
        )

    @property
    def step_seconds(self) -> float:
        """Answers are counted in steps of this length: at most 600 of them make up the rule's time."""
        return max(1.0, self.within_seconds / _STEPS)

    def step_of(self, at: float) -> int:
        """The step of an instant."""
        return int(at // self.step_seconds)

    def first_step(self, at: float) -> int:
        """The oldest step that counts at an instant; one that the time cuts counts whole."""
        return self.step_of(at - self.within_seconds)

    def about(self, count: int, answer: str) -> str:
        """The reason on record: the rule's name, what was counted, the last answer."""
        times = "1 answer" if count == 1 else f"{count} answers within {_duration(self.within_seconds)}"
        done = {RuleAction.SUSPEND: "suspended", RuleAction.LOWER: "slowed down", RuleAction.PAUSE: "paused"}
        return f'{done[self.action]} by the rule {self.name} ({times} like "{answer[:200]}")'


def like(pattern: str, text: str) -> bool:
    """Whether a text is like a pattern as a whole, in any case; ``*`` stands for anything.

    Every part is looked for once, from where the part before it ended: no pattern can make this slow.
    """
    first, *others = pattern.casefold().split("*")
    text = text.casefold()
    if not others:
        return text == first
    *middle, last = others
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
