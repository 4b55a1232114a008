"""Reply rules: which answers are one of a rule, whatever the pattern, and how they are counted."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, strategies

from paceline.domain.reply_rule import ReplyRule, RuleAction, like

TALL = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail"


@pytest.mark.parametrize(
    ("rule", "answer", "expected"),
    [
        ({"code": "421"}, TALL, True),
        ({"code": "42*"}, TALL, True),
        ({"code": "42"}, TALL, False),
        ({"enhanced": "4.7.28"}, TALL, True),
        ({"enhanced": "4.7.*"}, TALL, True),
        ({"enhanced": "4.7.2"}, TALL, False),
        ({"text": "unusual rate"}, TALL, True),
        ({"text": "UNUSUAL*mail"}, TALL, True),
        ({"text": "mail*unusual"}, TALL, False),
        ({"code": "421", "text": "greylisted"}, TALL, False),
        ({"code": "4*"}, "450 busy", True),
        ({"enhanced": "4.*"}, "450 busy", False),
        ({"enhanced": "4.7.1"}, "450 busy, see 4.7.1", False),
        ({"code": "131048"}, "131048: too much was blocked (provider: Spam rate limit hit)", True),
        ({"code": "503"}, "HTTP 503: the provider is away", True),
        ({"code": "421"}, "no reply within 300 s", False),
        ({"text": "(a+)+$"}, "421 " + "a" * 50, False),
    ],
)
def test_answer_is_one_of_a_rule_when_all_its_patterns_match(rule: dict[str, str], answer: str, expected: bool) -> None:
    code, enhanced, text = (rule.get(pattern, "") for pattern in ("code", "enhanced", "text"))
    assert ReplyRule(name="r", code=code, enhanced=enhanced, text=text).matches(answer) is expected


@given(
    strategies.text(alphabet="ab*", max_size=12),
    strategies.text(alphabet="ab", max_size=16),
)
def test_star_stands_for_anything(pattern: str, text: str) -> None:
    as_expression = ".*".join(map(re.escape, pattern.split("*")))
    assert like(pattern, text) is (re.fullmatch(as_expression, text) is not None)


def test_no_pattern_is_slow() -> None:
    rule = ReplyRule(name="r", text="*".join("a" * 100))
    began = time.process_time()
    assert not rule.matches("421 " + "a" * 98 + "b" * 8000)
    assert time.process_time() - began < 0.1  # a backtracking expression would take longer than the universe has had


def test_reason_names_the_rule_and_what_it_has_counted() -> None:
    rule = ReplyRule(name="slow", after=3, within_seconds=300, action=RuleAction.LOWER)
    assert rule.about(3, "450 busy") == 'slowed down by the rule slow (3 answers within 5 min like "450 busy")'


@pytest.mark.parametrize("within", [1.0, 60.0, 3600.0, 86_400.0])
def test_answers_are_counted_in_few_steps(within: float) -> None:
    rule = ReplyRule(name="r", within_seconds=within)
    assert rule.step_of(1e9) - rule.first_step(1e9) <= 601
    assert rule.first_step(1e9) * rule.step_seconds <= 1e9 - within
