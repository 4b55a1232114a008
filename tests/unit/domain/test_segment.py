"""Filters that are no filters: each refused with the path to what is wrong; and what conditions mean at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.domain.errors import InputError
from paceline.domain.segment import MOST_CONDITIONS, MOST_DEPTH, parse_segment
from paceline.domain.segment_rules import Person, as_number, matches

GOOD = {"field": "plan", "equals": "pro"}


def _nested(depth: int) -> dict[str, Any]:
    return {"not": _nested(depth - 1)} if depth > 1 else GOOD


@pytest.mark.parametrize(
    ("filter", "path"),
    [
        ([], "filter"),
        ({}, "filter"),
        ({"all": GOOD}, "filter.all"),
        ({"any": []}, "filter.any"),
        ({"all": [], "any": [GOOD]}, "filter"),
        ({"all": [GOOD, {"field": "x"}]}, "filter.all[1]"),
        ({"any": [{"not": {"field": "x", "equals": 5}}]}, "filter.any[0].not.equals"),
        ({"field": "x", "equals": ""}, "filter.equals"),
        ({"field": "x", "equals": "a\0"}, "filter.equals"),
        ({"field": "x", "equals": "a", "contains": "b"}, "filter"),
        ({"field": "x", "like": "a"}, "filter.like"),
        ({"field": " x", "equals": "a"}, "filter.field"),
        ({"field": "x", "is_empty": False}, "filter.is_empty"),
        ({"field": "x", "one_of": []}, "filter.one_of"),
        ({"field": "x", "one_of": "a"}, "filter.one_of"),
        ({"field": "x", "greater": True}, "filter.greater"),
        ({"field": "x", "greater": "soon"}, "filter.greater"),
        ({"field": "x", "less": float("nan")}, "filter.less"),
        ({"list": "lst_x"}, "filter.list"),
        ({"list": 1, "is": "there"}, "filter.is"),
        ({"list": 1, "was": "there"}, "filter.was"),
        ({"activity": "bought"}, "filter.activity"),
        ({"activity": ["sent"]}, "filter.activity"),
        ({"activity": "sent", "within_days": 0}, "filter.within_days"),
        ({"activity": "sent", "within_days": 1.5}, "filter.within_days"),
        ({"activity": "sent", "campaign": "x"}, "filter.campaign"),
        ({"activity": "sent", "never": 1}, "filter.never"),
        ({"email_domain": "not a domain"}, "filter.email_domain"),
        ({"email_domain": []}, "filter.email_domain"),
        ({"all": [GOOD] * (MOST_CONDITIONS + 1)}, "filter"),
        ({"all": [{"all": [GOOD] * 100}] * 100}, "filter"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_path(filter: Any, path: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_segment(filter)
    assert path in [problem.field for problem in refused.value.problems]


def test_depth_is_bounded() -> None:
    parse_segment(_nested(MOST_DEPTH))
    with pytest.raises(InputError, match="deeper than 8 levels"):
        parse_segment(_nested(MOST_DEPTH + 1))
    with pytest.raises(InputError):
        parse_segment(_nested(500))


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), ("-1.50", -1.5), ("007", 7.0), ("", None), ("-", None), (".5", None), ("5.", None), ("1,5", None), ("1e3", None), ("٣", None), ("1" * 16, None)],
)  # fmt: skip
def test_texts_that_are_numbers(text: str, number: float | None) -> None:
    assert as_number(text) == number


def test_text_that_is_no_number_is_neither_greater_nor_less() -> None:
    person = Person(email="a@example.com", fields={"age": "old"})
    for how in ("greater", "less"):
        assert not matches(parse_segment({"field": "age", how: 5}), person, 0.0)
    assert matches(parse_segment({"not": {"field": "age", "greater": 5}}), person, 0.0)
