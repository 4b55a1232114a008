"""The [[reply_rules]] of a campaign file: what cannot be is refused by its field, what is not said is as by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paceline.domain.errors import InputError
from paceline.domain.reply_rule import ReplyRule, RuleAction, RuleScope
from paceline.operations.campaign_file.campaign_reply_rules import read_reply_rules
from paceline.operations.campaign_file.toml_document import Document
from paceline.operations.campaign_file.toml_lines import TomlLines


def test_rule_is_read_with_its_defaults() -> None:
    given = {"name": "slow", "code": "4*", "count_by": "domain", "after": 3}
    (rule,) = read_reply_rules(Document(Path("spring.toml"), {"reply_rules": [given]}, TomlLines("")))
    assert rule == ReplyRule(name="slow", code="4*", scope=RuleScope.DOMAIN, after=3, action=RuleAction.SUSPEND)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "", "code": "421"}, "name"),
        ({"name": "r"}, "text"),
        ({"name": "r", "text": "**"}, "text"),
        ({"name": "r", "code": "(4|5)+"}, "code"),
        ({"name": "r", "enhanced": "7.7.7"}, "enhanced"),
        ({"name": "r", "code": "421", "count_by": "planet"}, "count_by"),
        ({"name": "r", "code": "421", "after": 0}, "after"),
        ({"name": "r", "code": "421", "within_seconds": 100_000}, "within_seconds"),
        ({"name": "r", "code": "421", "action": "explode"}, "action"),
        ({"name": "r", "code": "421", "action": "lower", "count_by": "domain"}, "action"),
        ({"name": "r", "code": "421", "share": 0.5}, "share"),
        ({"name": "r", "code": "421", "action": "pause", "for_seconds": 60}, "for_seconds"),
        ({"name": "r", "code": "421", "colour": "red"}, "colour"),
    ],
)
def test_rule_that_cannot_be_is_refused_by_its_field(given: dict[str, Any], field: str) -> None:
    document = Document(Path("spring.toml"), {"reply_rules": [given]}, TomlLines(""))
    read_reply_rules(document)
    with pytest.raises(InputError) as refused:
        document.raise_problems()
    assert [problem.field for problem in refused.value.problems] == [f"reply_rules.{field}"]
