"""Reply rules set by a person: checked, shown, changed, taken away, of one workspace only."""

from __future__ import annotations

import pytest

from paceline.operations.accounts import reply_rules
from paceline.operations.context import Context, NotFound


def names(context: Context) -> list[str]:
    return [one.name for one in reply_rules.list_rules(context)]


def test_rule_is_set_shown_changed_and_taken_away(context: Context) -> None:
    first = reply_rules.set_rule(context, {"name": "slow", "code": "421"})
    assert (first.count_by, first.after, first.action, first.for_seconds) == ("account", 1, "suspend", 600.0)
    changed = reply_rules.set_rule(context, {"name": "slow", "text": "busy", "action": "lower", "share": 0.25})
    assert (changed.id, changed.code, changed.text, changed.share) == (first.id, "", "busy", 0.25)
    assert changed.to_json()["holds"] == []
    assert names(context) == ["slow"]
    reply_rules.remove_rule(context, reply_rules.id_of(context, "slow"))
    assert names(context) == []
    with pytest.raises(NotFound):
        reply_rules.remove_rule(context, first.id)


def test_rules_are_of_one_workspace(context: Context) -> None:
    mine = reply_rules.set_rule(context, {"name": "slow", "code": "421"})
    other = context.in_workspace(2)
    assert names(other) == []
    for attempt in (reply_rules.lift, reply_rules.remove_rule):
        with pytest.raises(NotFound):
            attempt(other, mine.id)
    assert names(context) == ["slow"]
