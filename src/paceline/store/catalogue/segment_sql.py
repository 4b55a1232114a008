"""A segment's tree as an SQL condition on ``contacts c``: values are bound, words come from here only.

It says in SQL what domain/segment_rules.py says in Python. The same text for both databases, but for folding case (both
fold A to Z only, PostgreSQL when told to) and reading a field of the JSON column, which the Database words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment import (
    ActivityCondition,
    All,
    Any_,
    Comparison,
    DomainCondition,
    FieldCondition,
    ListCondition,
    ListStanding,
    Node,
    Not,
)
from paceline.domain.segment_rules import DAY_SECONDS, MOST_DIGITS, date_number, fold
from paceline.store.database import Database

_DIGITS = "'0123456789'"


@dataclass(slots=True, kw_only=True)
class SegmentSql:
    """Conditions under construction: each ``condition`` adds its values under names that nobody else uses."""

    database: Database
    now: float
    values: dict[str, Any] = field(default_factory=dict)

    def condition(self, node: Node) -> str:
        """The SQL condition that a contact ``c`` belongs to the segment; what it needs is in ``values``."""
        match node:
            case All(parts=parts):
                return self._joined(parts, "AND") if parts else "(1 = 1)"
            case Any_(parts=parts):
                return self._joined(parts, "OR") if parts else "(1 = 0)"
            case Not(part=part):
                return f"(NOT {self.condition(part)})"
            case FieldCondition():
                return self._field(node)
            case ListCondition():
                return self._list(node)
            case DomainCondition(domains=domains):
                ends = [self._ends("COALESCE(c.email_key, '')", f"@{domain}") for domain in domains]
                return f"({' OR '.join(ends)})"
            case ActivityCondition():
                return self._activity(node)

    def _joined(self, parts: tuple[Node, ...], word: str) -> str:
        return f"({f' {word} '.join(self.condition(part) for part in parts)})"

    def _bind(self, value: Any) -> str:
        name = f"s{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def _text(self, name: str) -> str:
        """The value of a field; a missing one is empty."""
        if name in ("email", "phone"):
            return f"COALESCE(c.{name}, '')"
        return f"COALESCE({self.database.field('c.fields', self._bind(name)[1:])}, '')"

    def _field(self, node: FieldCondition) -> str:
        text, value = self._text(node.field), node.value
        match node.comparison:
            case Comparison.IS_EMPTY:
                return f"({text} = '')"
            case Comparison.IS_NOT_EMPTY:
                return f"({text} <> '')"
            case Comparison.GREATER | Comparison.LESS:
                sign = ">" if node.comparison is Comparison.GREATER else "<"
                return self._ordered(text, sign, value)
            case _:
                return self._compared(node.comparison, text, value)

    def _compared(self, comparison: Comparison, text: str, value: Any) -> str:
        folded = self.database.folded(text)
        if isinstance(value, tuple):
            items = self._bind(json.dumps([[fold(item)] for item in value]))[1:]
            return f"({folded} IN ({self.database.rows(items, item='text')}))"
        wanted = fold(str(value))
        match comparison:
            case Comparison.EQUALS:
                return f"({folded} = {self._bind(wanted)})"
            case Comparison.NOT_EQUALS:
                return f"({folded} <> {self._bind(wanted)})"
            case Comparison.CONTAINS:
                return f"(replace({folded}, {self._bind(wanted)}, '') <> {folded})"
            case Comparison.STARTS_WITH:
                return f"(substr({folded}, 1, {len(wanted)}) = {self._bind(wanted)})"
            case _:
                return self._ends(folded, wanted)

    def _ends(self, text: str, end: str) -> str:
        length = len(end)
        last = f"substr({text}, length({text}) - {length - 1})"
        return f"(CASE WHEN length({text}) >= {length} THEN {last} = {self._bind(end)} ELSE 1 = 0 END)"

    def _ordered(self, text: str, sign: str, value: Any) -> str:
        """Cast only what was looked at: PostgreSQL refuses to cast anything else, SQLite makes a 0 of it."""
        if isinstance(value, str):
            is_right, found = _is_date(text), f"CAST(replace(substr({text}, 1, 10), '-', '') AS bigint)"
            limit = f"CAST({self._bind(date_number(value))} AS bigint)"
        else:
            is_right, found = _is_number(text), f"CAST({text} AS double precision)"
            limit = f"CAST({self._bind(value)} AS double precision)"
        return f"(CASE WHEN {is_right} THEN {found} {sign} {limit} ELSE 1 = 0 END)"

    def _list(self, node: ListCondition) -> str:
        on_list = f"SELECT 1 FROM subscriptions s WHERE s.list_id = {self._bind(node.list_id)} AND s.contact_id = c.id"
        if node.standing is ListStanding.NOT_ON:
            return f"(NOT EXISTS ({on_list}))"
        subscribed = node.standing is ListStanding.SUBSCRIBED
        state = SubscriptionState.CONFIRMED if subscribed else SubscriptionState.UNSUBSCRIBED
        return f"(EXISTS ({on_list} AND s.state = {int(state)}))"

    def _activity(self, node: ActivityCondition) -> str:
        words = f"SELECT 1 FROM activity a WHERE a.contact_id = c.id AND a.kind = {self._bind(str(node.kind))}"
        if node.campaign_id is not None:
            words += f" AND a.campaign_id = {self._bind(node.campaign_id)}"
        if node.within_days is not None:
            words += f" AND a.last_at >= {self._bind(self.now - node.within_days * DAY_SECONDS)}"
        return f"({'NOT ' if node.never else ''}EXISTS ({words}))"


def _is_number(text: str) -> str:
    """An optional minus, at most MOST_DIGITS digits, at most one point between digits."""
    digits = f"replace(substr({text}, 2), '.', '')"
    first, second, last = f"substr({text}, 1, 1)", f"substr({text}, 2, 1)", f"substr({text}, length({text}))"
    is_digit = "trim({0}, " + _DIGITS + ") = '' AND {0} <> ''"
    size = f"length(replace(replace({text}, '-', ''), '.', ''))"
    return (
        f"length({text}) > 0 AND trim({digits}, {_DIGITS}) = '' AND {size} BETWEEN 1 AND {MOST_DIGITS} "
        f"AND length({text}) - length(replace({text}, '.', '')) <= 1 AND {is_digit.format(last)} "
        f"AND (({is_digit.format(first)}) OR ({first} = '-' AND {is_digit.format(second)}))"
    )


def _is_date(text: str) -> str:
    digits = f"substr({text}, 1, 4) || substr({text}, 6, 2) || substr({text}, 9, 2)"
    return (
        f"length({text}) >= 10 AND substr({text}, 5, 1) = '-' AND substr({text}, 8, 1) = '-' "
        f"AND trim({digits}, {_DIGITS}) = '' AND substr({text}, 11, 1) IN ('', 'T', ' ')"
    )
