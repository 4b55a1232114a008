"""What the conditions of a segment mean, in plain Python. The SQL in store/catalogue/segment_sql.py says the same.

Texts are compared without regard to the case of the letters A to Z; every other character counts as it is written,
because that is what both databases and Python can agree on without a column of folded copies.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment import (
    ActivityCondition,
    ActivityKind,
    All,
    Any_,
    Comparison,
    DomainCondition,
    FieldCondition,
    ListCondition,
    ListStanding,
    Node,
    Not,
    is_date,
)

DAY_SECONDS = 86_400.0
MOST_DIGITS = 15
"""A text with more digits than this is no number here: nothing could compare it exactly."""

_FOLD = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_DIGITS = frozenset(string.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that a condition can ask of a contact."""

    email: str | None = None
    phone: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    subscriptions: Mapping[int, SubscriptionState] = field(default_factory=dict)
    """List -> state."""
    activity: Mapping[tuple[int, ActivityKind], float] = field(default_factory=dict)
    """(Campaign, kind) -> when it happened last."""


def matches(node: Node, person: Person, now: float) -> bool:
    """Whether a contact belongs to a segment."""
    match node:
        case All(parts=parts):
            return all(matches(part, person, now) for part in parts)
        case Any_(parts=parts):
            return any(matches(part, person, now) for part in parts)
        case Not(part=part):
            return not matches(part, person, now)
        case FieldCondition():
            return _field_matches(node, _value(person, node.field))
        case ListCondition(list_id=list_id, standing=standing):
            return _WANTED[standing] == person.subscriptions.get(list_id)
        case DomainCondition(domains=domains):
            return person.email is not None and person.email.casefold().endswith(tuple(f"@{d}" for d in domains))
        case ActivityCondition():
            return _happened(node, person, now) is not node.never


_WANTED = {
    ListStanding.SUBSCRIBED: SubscriptionState.CONFIRMED,
    ListStanding.UNSUBSCRIBED: SubscriptionState.UNSUBSCRIBED,
    ListStanding.NOT_ON: None,
}


def fold(text: str) -> str:
    """A text as conditions compare it: A to Z as a to z."""
    return text.translate(_FOLD)


def as_number(text: str) -> float | None:
    """What a text is as a number: an optional minus, digits, at most one point between digits; else None."""
    bare = text.removeprefix("-")
    digits = bare.replace(".", "")
    plain = bool(digits) and set(digits) <= _DIGITS and len(digits) <= MOST_DIGITS
    return float(text) if plain and bare.count(".") <= 1 and bare[0] != "." and bare[-1] != "." else None


def date_number(text: str) -> int:
    """A text that begins with a date, as a number that orders like it: 2027-03-01 is 20270301."""
    return int(text[:10].replace("-", ""))


def _value(person: Person, name: str) -> str:
    """A missing field is an empty one."""
    if name in ("email", "phone"):
        return (person.email if name == "email" else person.phone) or ""
    return person.fields.get(name, "")


def _field_matches(condition: FieldCondition, text: str) -> bool:
    value, folded = condition.value, fold(text)
    match condition.comparison:
        case Comparison.IS_EMPTY:
            return text == ""
        case Comparison.IS_NOT_EMPTY:
            return text != ""
        case Comparison.ONE_OF:
            assert isinstance(value, tuple)
            return folded in {fold(item) for item in value}
        case Comparison.GREATER | Comparison.LESS:
            assert isinstance(value, (float, str))
            return _ordered(condition.comparison, text, value)
        case _:
            return _text_matches(condition.comparison, folded, fold(str(value)))


def _text_matches(comparison: Comparison, folded: str, wanted: str) -> bool:
    match comparison:
        case Comparison.EQUALS:
            return folded == wanted
        case Comparison.NOT_EQUALS:
            return folded != wanted
        case Comparison.CONTAINS:
            return wanted in folded
        case Comparison.STARTS_WITH:
            return folded.startswith(wanted)
        case _:
            return folded.endswith(wanted)


def _ordered(comparison: Comparison, text: str, value: float | str) -> bool:
    """A text that is no number (no date) is neither greater nor less than one."""
    if isinstance(value, str):
        found: float | None = date_number(text) if is_date(text) else None
        limit: float = date_number(value)
    else:
        found, limit = as_number(text), value
    if found is None:
        return False
    return found > limit if comparison is Comparison.GREATER else found < limit


def _happened(condition: ActivityCondition, person: Person, now: float) -> bool:
    since = float("-inf") if condition.within_days is None else now - condition.within_days * DAY_SECONDS
    return any(
        kind is condition.kind and last_at >= since and condition.campaign_id in (None, campaign_id)
        for (campaign_id, kind), last_at in person.activity.items()
    )
