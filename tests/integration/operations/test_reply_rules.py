"""Reply rules set by a person: checked, shown, changed, taken away, of one workspace only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from paceline.cli.main import run
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


def test_rules_at_the_command_line(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACELINE_DATABASE", sqlite_url)
    monkeypatch.setenv("PACELINE_DATA_DIR", str(tmp_path))

    def says(*arguments: str, code: int = 0) -> str:
        assert run(["rules", *arguments]) == code
        captured = capsys.readouterr()
        return captured.err if code else captured.out

    assert says("list") == "no reply rule\n"
    assert "lower to 25% for 600 s" in says(
        "set", "slow", "--enhanced", "4.7.*", "--after", "3", "--action", "lower", "--share", "0.25"
    )
    (line,) = says("list", "--json").splitlines()
    assert json.loads(line) | {"id": ""} == {
        "id": "",
        "name": "slow",
        "code": "",
        "enhanced": "4.7.*",
        "text": "",
        "count_by": "account",
        "after": 3,
        "within_seconds": 60.0,
        "action": "lower",
        "for_seconds": 600.0,
        "share": 0.25,
        "holds": [],
    }
    assert "rule: count_by: accepts" in says("set", "slow", "--code", "421", "--count-by", "planet", code=2)
    assert "there is no reply rule 'fast'" in says("lift", "fast", code=2)
    assert says("lift", "slow") == "slow holds nothing back\n"
    assert says("remove", "slow") == "slow is gone\n"
    assert says("list") == "no reply rule\n"
