"""The filters and tests that templates may use: one table, with what each takes, gives and adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paceline.content.template.nodes import Kind

MOST_ITEMS = 100
"""Into how many items ``split`` may cut a text."""

LONGEST_NUMBER = 400  # characters of a printed number: 1e308 has 309


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRule:
    """A filter: the kinds it takes, the kind it gives, the kinds of its arguments, and how much it can grow a text."""

    takes: tuple[Kind, ...] = (Kind.TEXT,)
    gives: Kind = Kind.TEXT
    required: tuple[Kind, ...] = ()
    optional: tuple[Kind, ...] = ()
    literal_arguments: bool = False
    growth: int = 1


_TEXT, _NUMBER, _LIST = Kind.TEXT, Kind.NUMBER, Kind.LIST
_PRINTABLE = (Kind.TEXT, Kind.NUMBER, Kind.TRUTH)

FILTERS: dict[str, FilterRule] = {
    "upper": FilterRule(growth=3),  # one letter can become three
    "lower": FilterRule(growth=3),
    "title": FilterRule(growth=3),
    "capitalize": FilterRule(growth=3),
    "trim": FilterRule(),
    "string": FilterRule(takes=_PRINTABLE),
    "replace": FilterRule(required=(_TEXT, _TEXT), literal_arguments=True),  # grows by its second argument
    "truncate": FilterRule(required=(_NUMBER,), optional=(_TEXT,), literal_arguments=True),
    "urlencode": FilterRule(takes=_PRINTABLE, growth=12),  # four bytes of three characters
    "escape": FilterRule(takes=_PRINTABLE, growth=6),
    "e": FilterRule(takes=_PRINTABLE, growth=6),
    "safe": FilterRule(takes=_PRINTABLE),
    "first": FilterRule(takes=(_TEXT, _LIST)),
    "last": FilterRule(takes=(_TEXT, _LIST)),
    "split": FilterRule(gives=_LIST, required=(_TEXT,), literal_arguments=True),
    "join": FilterRule(takes=(_LIST,), optional=(_TEXT,), literal_arguments=True),  # adds its argument per item
    "length": FilterRule(takes=(_TEXT, _LIST), gives=_NUMBER),
    "count": FilterRule(takes=(_TEXT, _LIST), gives=_NUMBER),
    "int": FilterRule(takes=_PRINTABLE, gives=_NUMBER, optional=(_NUMBER,), literal_arguments=True),
    "float": FilterRule(takes=_PRINTABLE, gives=_NUMBER, optional=(_NUMBER,), literal_arguments=True),
    "round": FilterRule(takes=(_NUMBER,), gives=_NUMBER, optional=(_NUMBER,), literal_arguments=True),
    "abs": FilterRule(takes=(_NUMBER,), gives=_NUMBER),
}
DEFAULT_FILTERS = ("default", "d")

TESTS: dict[str, tuple[Kind, ...]] = {
    "defined": (),
    "undefined": (),
    "odd": (),
    "even": (),
    "divisibleby": (_NUMBER,),
    "startingwith": (_TEXT,),
    "endingwith": (_TEXT,),
}
TESTS_OF_NUMBERS = ("odd", "even", "divisibleby")


def split(value: object, separator: str) -> list[str]:
    """Cut a text into trimmed, non-empty items; at most MOST_ITEMS, so that no contact can stretch a loop."""
    text = str(value)
    if text.count(separator) >= MOST_ITEMS:
        raise ValueError(f"split gives more than {MOST_ITEMS} items")
    return [item for part in text.split(separator) if (item := part.strip())]


def truncate(value: object, length: int, end: str = "…") -> str:
    """Shorten a text to ``length`` characters, ``end`` included."""
    text = str(value)
    return text if len(text) <= length else text[: max(0, length - len(end))].rstrip() + end


OWN_FILTERS: dict[str, Callable[..., object]] = {"split": split, "truncate": truncate}
"""Replace minijinja's own of the same name."""
