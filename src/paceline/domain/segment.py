"""A segment: conditions on contacts as a tree, strictly read from JSON. What each condition means: segment_rules.py.

References to lists and campaigns are numbers here; whoever reads a filter from outside says how its ids become numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from paceline.domain.address import parse_address
from paceline.domain.contact import LONGEST_FIELD_NAME
from paceline.domain.errors import InputError, Problem

MOST_DEPTH = 8
MOST_CONDITIONS = 100
MOST_VALUES = 1000
"""Of one ``one_of``."""
MOST_DOMAINS = 100
LONGEST_VALUE = 1000
MOST_DAYS = 36_500


class Comparison(StrEnum):
    """How a field is compared; the name is the key in JSON."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER = "greater"
    LESS = "less"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    ONE_OF = "one_of"


class ListStanding(StrEnum):
    """Where a contact stands on a list."""

    SUBSCRIBED = "subscribed"  # confirmed
    UNSUBSCRIBED = "unsubscribed"
    NOT_ON = "not_on"  # never was on it in any way


class ActivityKind(StrEnum):
    """What is known of a contact and a campaign."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """Every part holds; without parts: everybody."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Any_:
    """At least one part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCondition:
    """A field of the contact, "email" and "phone" included. ``value`` is a text, a number (float), texts, or None."""

    field: str
    comparison: Comparison
    value: str | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCondition:
    """Where the contact stands on a list."""

    list_id: int
    standing: ListStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCondition:
    """Something happened in one campaign or in any (None), in the last days or at any time (None), or never."""

    kind: ActivityKind
    campaign_id: int | None
    within_days: int | None
    never: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCondition:
    """The address belongs to one of these domains, each case-folded."""

    domains: tuple[str, ...]


Node = All | Any_ | Not | FieldCondition | ListCondition | ActivityCondition | DomainCondition
Decode = Callable[[Any], int | None]
"""An id as it was given -> the row's number; None when there is no such thing."""


def number(value: Any) -> int | None:
    """The ids of a stored filter: they are the numbers themselves."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_segment(value: Any, *, list_id: Decode = number, campaign_id: Decode = number, field: str = "filter") -> Node:
    """A filter from plain JSON values. Raises InputError with each problem and the path to it, ``field`` in front."""
    reading = _Reading(list_id, campaign_id)
    node = reading.node(value, field, 1)
    if reading.count > MOST_CONDITIONS:
        reading.refuse(field, f"has {reading.count} conditions; at most {MOST_CONDITIONS} are accepted")
    if reading.problems or node is None:
        raise InputError(reading.problems[:20])
    return node


def segment_to_json(
    node: Node, *, list_id: Callable[[int], Any] = int, campaign_id: Callable[[int], Any] = int
) -> dict[str, Any]:
    """Plain values that ``parse_segment`` reads; without the functions the ids are numbers, for storing."""

    def plain(node: Node) -> dict[str, Any]:
        match node:
            case All(parts=parts):
                return {"all": [plain(part) for part in parts]}
            case Any_(parts=parts):
                return {"any": [plain(part) for part in parts]}
            case Not(part=part):
                return {"not": plain(part)}
            case FieldCondition(field=field, comparison=comparison, value=value):
                return {"field": field, str(comparison): _plain_value(value)}
            case ListCondition():
                return {"list": list_id(node.list_id), "is": str(node.standing)}
            case DomainCondition(domains=domains):
                return {"email_domain": list(domains)}
            case ActivityCondition():
                return _plain_activity(node, campaign_id)

    return plain(node)


def references(node: Node) -> tuple[set[int], set[int]]:
    """The lists and the campaigns that a filter names."""
    match node:
        case All(parts=parts) | Any_(parts=parts):
            found = [references(part) for part in parts]
            return set().union(*(lists for lists, _ in found)), set().union(*(campaigns for _, campaigns in found))
        case Not(part=part):
            return references(part)
        case ListCondition(list_id=list_id):
            return {list_id}, set()
        case ActivityCondition(campaign_id=int(campaign_id)):
            return set(), {campaign_id}
        case _:
            return set(), set()


def _plain_value(value: str | float | tuple[str, ...] | None) -> Any:
    if value is None:
        return True
    return list(value) if isinstance(value, tuple) else value


def _plain_activity(node: ActivityCondition, campaign_id: Callable[[int], Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {"activity": str(node.kind)}
    if node.campaign_id is not None:
        plain["campaign"] = campaign_id(node.campaign_id)
    if node.within_days is not None:
        plain["within_days"] = node.within_days
    if node.never:
        plain["never"] = True
    return plain


class _Reading:
    """One filter being read: its problems, and how many conditions it has."""

    def __init__(self, list_id: Decode, campaign_id: Decode) -> None:
        self._list_id = list_id
        self._campaign_id = campaign_id
        self.problems: list[Problem] = []
        self.count = 0

    def refuse(self, path: str, message: str) -> Node | None:
        """Note a problem; the answer stands for the condition that there is none of."""
        self.problems.append(Problem(file="", field=path, message=message))
        return None

    def node(self, value: Any, path: str, depth: int) -> Node | None:
        self.count += 1
        if self.count > 10 * MOST_CONDITIONS:
            return None  # refused as a whole; no need to look at more of it
        if not isinstance(value, dict) or not value:
            return self.refuse(path, f"accepts an object with one of {_KINDS}, got {_shown(value)}")
        if depth > MOST_DEPTH:
            return self.refuse(path, f"is nested deeper than {MOST_DEPTH} levels")
        kinds = [kind for kind in _READERS if kind in value]
        if len(kinds) != 1:
            what = f"has {' and '.join(kinds)} at once" if kinds else f"has {_shown(list(value))}"
            return self.refuse(path, f"accepts an object with exactly one of {_KINDS}; it {what}")
        return _READERS[kinds[0]](self, value, path, depth)

    def _only(self, value: dict[Any, Any], path: str, *accepted: str) -> None:
        for key in value:
            if key not in accepted:
                self.refuse(f"{path}.{_shown(key)}", f"is not known here; accepted are {', '.join(accepted)}")

    def group(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        kind = "all" if "all" in value else "any"
        self._only(value, path, kind)
        parts = value[kind]
        if not isinstance(parts, list) or (kind == "any" and not parts):
            least = "a list of conditions" if kind == "all" else "a list of at least one condition"
            return self.refuse(f"{path}.{kind}", f"accepts {least}, got {_shown(parts)}")
        read = [self.node(part, f"{path}.{kind}[{place}]", depth + 1) for place, part in enumerate(parts)]
        good = tuple(part for part in read if part is not None)
        return All(parts=good) if kind == "all" else Any_(parts=good)

    def negation(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        self._only(value, path, "not")
        part = self.node(value["not"], f"{path}.not", depth + 1)
        return None if part is None else Not(part=part)

    def on_field(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        name = value["field"]
        self._only(value, path, "field", *Comparison)
        if not _is_text(name) or not name or name != name.strip() or len(name) > LONGEST_FIELD_NAME:
            self.refuse(f"{path}.field", f"accepts the name of a field (1 to {LONGEST_FIELD_NAME} characters)")
        given = [comparison for comparison in Comparison if comparison in value]
        if len(given) != 1:
            return self.refuse(path, f"needs exactly one comparison beside field: {', '.join(Comparison)}")
        comparison = given[0]
        try:
            read = _VALUES[comparison](value[comparison])
        except ValueError as error:
            return self.refuse(f"{path}.{comparison}", f"accepts {error}, got {_shown(value[comparison])}")
        return FieldCondition(field=str(name), comparison=comparison, value=read)

    def on_list(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        self._only(value, path, "list", "is")
        list_id = self._list_id(value["list"])
        if list_id is None:
            return self.refuse(f"{path}.list", f"there is no list {_shown(value['list'])}")
        standing = value.get("is", "subscribed")
        if standing not in tuple(ListStanding):
            return self.refuse(f"{path}.is", f"accepts {', '.join(ListStanding)}, got {_shown(standing)}")
        return ListCondition(list_id=list_id, standing=ListStanding(standing))

    def on_activity(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        self._only(value, path, "activity", "campaign", "within_days", "never")
        kind, days, never = value["activity"], value.get("within_days"), value.get("never", False)
        if kind not in tuple(ActivityKind):
            return self.refuse(f"{path}.activity", f"accepts {', '.join(ActivityKind)}, got {_shown(kind)}")
        campaign_id = None
        if value.get("campaign") is not None:
            campaign_id = self._campaign_id(value["campaign"])
            if campaign_id is None:
                self.refuse(f"{path}.campaign", f"there is no campaign {_shown(value['campaign'])}")
        if days is not None and (number(days) is None or not 1 <= days <= MOST_DAYS):
            self.refuse(f"{path}.within_days", f"accepts a whole number from 1 to {MOST_DAYS}, got {_shown(days)}")
        if not isinstance(never, bool):
            self.refuse(f"{path}.never", f"accepts true or false, got {_shown(never)}")
        return ActivityCondition(
            kind=ActivityKind(kind), campaign_id=campaign_id, within_days=number(days), never=never is True
        )

    def on_domain(self, value: dict[Any, Any], path: str, depth: int) -> Node | None:
        self._only(value, path, "email_domain")
        given = value["email_domain"]
        try:
            domains = _texts([given] if isinstance(given, str) else given)
            if len(domains) > MOST_DOMAINS:
                raise ValueError(f"at most {MOST_DOMAINS} domains")
            return DomainCondition(domains=tuple(dict.fromkeys(_domain(domain) for domain in domains)))
        except ValueError as error:
            return self.refuse(f"{path}.email_domain", f"accepts {error}, got {_shown(given)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)


def _text(value: Any) -> str:
    if not _is_text(value) or not 0 < len(value) <= LONGEST_VALUE:
        raise ValueError(f"a text of 1 to {LONGEST_VALUE} characters (for an empty field there is is_empty)")
    return str(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
        raise ValueError(f"a list of 1 to {MOST_VALUES} texts")
    return tuple(dict.fromkeys(_text(item) for item in value))


def _ordered(value: Any) -> str | float:
    """A number, or the text of a date."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15:
        return float(value)
    if isinstance(value, str) and len(value) == 10 and is_date(value):
        return value
    raise ValueError("a number, or a date such as 2027-03-01")


def is_date(text: str) -> bool:
    """Whether a text begins with a date as ISO 8601 writes it: ten characters, then nothing, a T or a space."""
    digits = text[0:4] + text[5:7] + text[8:10]
    end = len(text) == 10 or text[10:11] in ("T", " ")
    return len(digits) == 8 and digits.isascii() and digits.isdigit() and text[4] == text[7] == "-" and end


def _true(value: Any) -> None:
    if value is not True:
        raise ValueError("true")


def _domain(text: str) -> str:
    bare = text.removeprefix("@").casefold()
    try:
        return parse_address(f"a@{bare}").rpartition("@")[2].casefold()
    except ValueError:
        raise ValueError("domains such as example.com") from None


def _shown(value: Any) -> str:
    return (text if len(text := repr(value)) <= 60 else text[:60] + "…") if not isinstance(value, str) else value[:60]


_VALUES: dict[Comparison, Callable[[Any], Any]] = {
    **dict.fromkeys(Comparison, _text),
    Comparison.GREATER: _ordered,
    Comparison.LESS: _ordered,
    Comparison.IS_EMPTY: _true,
    Comparison.IS_NOT_EMPTY: _true,
    Comparison.ONE_OF: _texts,
}
_READERS: dict[str, Callable[[_Reading, dict[Any, Any], str, int], Node | None]] = {
    "all": _Reading.group,
    "any": _Reading.group,
    "not": _Reading.negation,
    "field": _Reading.on_field,
    "list": _Reading.on_list,
    "activity": _Reading.on_activity,
    "email_domain": _Reading.on_domain,
}
_KINDS = ", ".join(_READERS)
