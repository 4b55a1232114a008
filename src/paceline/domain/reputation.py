"""When complaints, hard bounces and refusals as spam are so many that sending on would do harm. Pure.

A sign counts for the moment at which its message was sent, however late it came: rates compare like with like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

LAST_MESSAGES = 200
"""Of so many messages hard bounces and refusals as spam are counted."""

LAST_SECONDS = 3 * 86400.0
"""Of the messages of so long complaints are counted: they take hours and days to come."""

LEAST_COMPLAINTS = 3
"""Fewer pause nothing: one of a hundred people may have hit the wrong button."""

Anchor = tuple[float, int]
"""A moment, and how many messages had been sent by then."""

BEGINNING: Anchor = (0.0, 0)

_STEP_MESSAGES = LAST_MESSAGES // 10
_STEP_SECONDS = LAST_SECONDS / 12


class Sign(StrEnum):
    """What harms a sender's reputation."""

    COMPLAINT = "complaint"  # a recipient called it spam
    HARD_BOUNCE = "hard_bounce"  # there is no such address
    SPAM_REFUSAL = "spam_refusal"  # a receiver refused it for its content, or for who sends it


class Level(IntEnum):
    """How an account or a campaign stands; the numbers are what the database stores."""

    GOOD = 0
    WARNED = 1
    PAUSED = 2  # a person must look


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Shares from which on something is done; 0: never."""

    complaints_warn: float
    complaints_pause: float
    hard_bounces_pause: float
    spam_refusals_pause: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Messages of a stretch of time up to now, and the signs that came of them."""

    messages: int
    signs: Mapping[Sign, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it stands, and why in words; no words where it is good."""

    level: Level
    evidence: str = ""


def judge(recent: Sample, longer: Sample, thresholds: Thresholds) -> Verdict:
    """The worst that is true; ``recent`` are the last messages, ``longer`` those of the last days."""
    verdicts = [
        _complaints(longer, thresholds),
        _of_recent(recent, Sign.HARD_BOUNCE, "bounced hard", thresholds.hard_bounces_pause),
        _of_recent(recent, Sign.SPAM_REFUSAL, "were refused as spam", thresholds.spam_refusals_pause),
    ]
    worst = max(verdict.level for verdict in verdicts)
    evidence = "; ".join(verdict.evidence for verdict in verdicts if verdict.level is worst and verdict.evidence)
    return Verdict(level=worst, evidence=evidence)


def _complaints(sample: Sample, thresholds: Thresholds) -> Verdict:
    count = sample.signs.get(Sign.COMPLAINT, 0)
    if not count:
        return Verdict(level=Level.GOOD)
    messages = max(sample.messages, count)
    share, pause, warn = count / messages, thresholds.complaints_pause, thresholds.complaints_warn
    told = f"{_of(count, messages)} messages of the last {LAST_SECONDS / 86400:g} days {_were(count)} called spam"
    if pause and share >= pause and count >= LEAST_COMPLAINTS:
        return Verdict(level=Level.PAUSED, evidence=f"{told} ({share:.2%}; {pause:.1%} is too much)")
    if warn and share >= warn:
        return Verdict(level=Level.WARNED, evidence=f"{told} ({share:.2%}; from {warn:.1%} on providers look askance)")
    return Verdict(level=Level.GOOD)


def _of_recent(sample: Sample, sign: Sign, what: str, pause: float) -> Verdict:
    """Until there are enough messages, those that are missing count as good ones."""
    count, messages = sample.signs.get(sign, 0), max(sample.messages, LAST_MESSAGES)
    share = count / messages
    told = f"{_of(count, messages)} last messages {what} ({share:.1%}; more than {pause:.1%} is too much)"
    if pause and share > pause:
        return Verdict(level=Level.PAUSED, evidence=told)
    if pause and share > pause / 2:
        return Verdict(level=Level.WARNED, evidence=told)
    return Verdict(level=Level.GOOD)


def _of(count: int, messages: int) -> str:
    return f"{count:,} of the {messages:,}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def advanced_by_messages(anchors: Sequence[Anchor], now: float, sent: int) -> list[Anchor]:
    """Anchors from which the last messages can be counted: the first is the newest one that leaves enough of them."""
    kept = list(anchors)
    if sent >= kept[-1][1] + _STEP_MESSAGES:
        kept.append((now, sent))
    while len(kept) > 1 and kept[1][1] <= sent - LAST_MESSAGES:
        del kept[0]
    return kept


def advanced_by_time(anchors: Sequence[Anchor], now: float, sent: int) -> list[Anchor]:
    """The same for the messages of the last days."""
    kept = list(anchors)
    if now >= kept[-1][0] + _STEP_SECONDS:
        kept.append((now, sent))
    while len(kept) > 1 and kept[1][0] <= now - LAST_SECONDS:
        del kept[0]
    return kept
