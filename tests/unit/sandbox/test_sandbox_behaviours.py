"""Which rule holds when, and what is said about rules that cannot be."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from paceline.domain.errors import InputError
from paceline.sandbox import behaviour_file
from paceline.sandbox.behaviour_file import load_behaviours, parse_behaviours, shipped_behaviours
from paceline.sandbox.behaviours import Answer, Packets, Per, RuleBook, Situation, Stage, Then
from paceline.sandbox.mailbox import Delivery, Mailbox, Violation

DOCUMENTATION = (Path(__file__).parents[3] / "docs" / "reference" / "sandbox.md").read_text()
NOON = 1_800_014_400.0


def _book(mailbox: Mailbox, *rules: dict[str, Any], seed: int = 0) -> RuleBook:
    return RuleBook(parse_behaviours({"rules": list(rules), "seed": seed}), mailbox)


def _turns(book: RuleBook, times: int, recipient: str = "ann@example.com", connection: int = 1) -> list[int]:
    """The turns, counted from 1, at which a rule held at RCPT."""
    situation = Situation(connection=connection)
    return [turn for turn in range(1, times + 1) if book.find(Stage.RCPT, situation, (recipient,), 0, NOON) is not None]


def _stored(mailbox: Mailbox, *, username: str = "relay", at: float = NOON, recipient: str = "ann@example.com") -> None:
    mailbox.stored(
        [
            Delivery(
                recipient=recipient,
                sender="",
                username=username,
                message_id="",
                at=at,
                connection=1,
                answered="250",
                data=None,
            )
        ]
    )


@pytest.mark.parametrize(
    ("condition", "turns"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"first": 3}, [1, 2, 3]),
        ({"skip": 7}, [8, 9, 10]),
        ({"every": 4}, [4, 8]),
        ({"skip": 2, "first": 4, "every": 2}, [4, 6]),
        ({"probability": 0}, []),
        ({"recipient": "*@example.org"}, []),
        ({"recipient": "A??@Example.com"}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ],
)
def test_rule_holds_at_its_turns(condition: dict[str, Any], turns: list[int]) -> None:
    assert _turns(_book(Mailbox(), {"stage": "rcpt", **condition}), 10) == turns


def test_turns_are_counted_per_connection_login_or_recipient() -> None:
    for per in ("connection", "recipient"):
        book = _book(Mailbox(), {"stage": "rcpt", "first": 1, "per": per})
        found = [_turns(book, 2, f"{number}@example.com", connection=number) for number in range(3)]
        assert found == [[1], [1], [1]]
    assert [_turns(_book(Mailbox(), {"stage": "rcpt", "first": 1}), 2)] == [[1]]


def test_first_rule_that_holds_decides_and_hides_the_situation_from_the_others() -> None:
    book = _book(
        Mailbox(), {"stage": "rcpt", "name": "odd", "every": 2}, {"stage": "rcpt", "name": "other", "every": 2}
    )
    situation = Situation(connection=1)
    found = [book.find(Stage.RCPT, situation, ("a@b.c",), 0, NOON) for _ in range(6)]
    assert [rule.name if rule else None for rule in found] == [None, "odd", "other", "odd", None, "odd"]


@given(seed=st.integers(0, 1_000), probability=st.floats(0, 1))
def test_chance_is_repeated_by_its_seed(seed: int, probability: float) -> None:
    rule = {"stage": "rcpt", "probability": probability}
    expected = random.Random(seed)
    turns = [turn for turn in range(1, 51) if probability >= 1 or expected.random() < probability]
    assert _turns(_book(Mailbox(), rule, seed=seed), 50) == turns


def test_rule_waits_for_stored_messages_by_whatever_it_counts() -> None:
    mailbox = Mailbox()
    _stored(mailbox)
    _stored(mailbox, username="other", recipient="bob@example.com")
    situation = Situation(connection=1, username="relay")
    held = {
        (per, count)
        for per in ("server", "login", "recipient", "connection")
        for count in (1, 2, 3)
        if _book(mailbox, {"stage": "rcpt", "after_messages": count, "per": per}).find(
            Stage.RCPT, situation, ("ann@example.com",), 2, NOON
        )
    }
    assert held == {("server", 1), ("server", 2), ("login", 1), ("recipient", 1), ("connection", 1), ("connection", 2)}


@pytest.mark.parametrize(
    ("limit", "held"),
    [
        ({"messages": 2, "in": "hour"}, True),
        ({"messages": 3, "in": "hour"}, False),
        ({"messages": 2, "in": "minute"}, False),
        ({"messages": 2, "in": "hour", "window": "calendar"}, False),
        ({"messages": 2, "in": "day", "window": "calendar"}, True),
        ({"messages": 2, "in": "day", "window": "calendar", "timezone": "Pacific/Kiritimati"}, True),
        ({"messages": 2, "in": 600}, False),
    ],
)
def test_limit_counts_the_messages_of_its_window(limit: dict[str, Any], *, held: bool) -> None:
    mailbox = Mailbox()
    for seconds_ago in (1_900, 1_800, 90_000):
        _stored(mailbox, at=NOON - seconds_ago)
    _stored(mailbox, username="other", at=NOON)
    book = _book(mailbox, {"stage": "mail", "limit": limit})
    assert (book.find(Stage.MAIL, Situation(connection=1, username="relay"), (), 0, NOON) is not None) == held


def test_connections_are_counted_with_the_one_that_logs_in() -> None:
    mailbox = Mailbox()
    book = _book(mailbox, {"stage": ["auth", "mail"], "connections_above": 1})
    trying = Situation(connection=2, username="relay")
    assert book.find(Stage.AUTH, trying, (), 0, NOON) is None
    mailbox.logged_in("relay")
    assert book.find(Stage.AUTH, trying, (), 0, NOON) is not None
    inside = Situation(connection=1, username="relay", is_logged_in=True)
    assert book.find(Stage.MAIL, inside, (), 0, NOON) is None


@pytest.mark.parametrize(
    ("rule", "field", "words"),
    [
        ({}, "rules[1].stage", "is missing"),
        ({"stage": "rcp"}, "rules[1].stage", "connect, ehlo"),
        ({"stage": []}, "rules[1].stage", "empty"),
        ({"stage": "rcpt", "repply": "450 x"}, "rules[1].repply", "known are"),
        ({"stage": "rcpt", "reply": "later"}, "rules[1].reply", "code"),
        ({"stage": "rcpt", "reply": "150 x"}, "rules[1].reply", "code"),
        ({"stage": "rcpt", "reply": "450 a\r\n250 b"}, "rules[1].reply", "printable"),
        ({"stage": "rcpt", "reply": []}, "rules[1].reply", "empty"),
        ({"stage": "rcpt", "every": 0}, "rules[1].every", "from 1"),
        ({"stage": "rcpt", "every": True}, "rules[1].every", "whole number"),
        ({"stage": "rcpt", "probability": 1.5}, "rules[1].probability", "from 0 to 1"),
        ({"stage": "rcpt", "probability": float("nan")}, "rules[1].probability", "from 0 to 1"),
        ({"stage": "rcpt", "limit": {"messages": 1}}, "rules[1].limit", '"in"'),
        ({"stage": "rcpt", "limit": {"messages": 1, "in": "week"}}, "rules[1].limit", "second, minute"),
        ({"stage": "rcpt", "limit": {"messages": 1, "in": "day", "zone": "x"}}, "rules[1].limit", "unknown: zone"),
        ({"stage": "rcpt", "limit": {"messages": 1, "in": "day", "timezone": "Mars"}}, "rules[1].limit", "time zone"),
        ({"stage": "rcpt", "limit": {"messages": 1, "in": "day"}, "per": "connection"}, "rules[1].per", "login"),
        ({"stage": "mail", "recipient": "*"}, "rules[1].recipient", "rcpt"),
        ({"stage": "ehlo", "username": "*"}, "rules[1].username", "not known yet"),
        ({"stage": "auth", "sender": "*"}, "rules[1].sender", "mail to dot"),
        ({"stage": "mail", "per": "recipient"}, "rules[1].per", "recipient"),
        ({"stage": "dot", "answer": "none"}, "rules[1].stored", "is needed"),
        ({"stage": "rcpt", "stored": True}, "rules[1].stored", "dot"),
        ({"stage": "rcpt", "stored": "yes"}, "rules[1].stored", "true or false"),
        ({"stage": "rcpt", "answer": "garbage", "reply": "250 ok"}, "rules[1].reply", "never said"),
        ({"stage": "rcpt", "without": ["SIZE"]}, "rules[1].without", "ehlo"),
        ({"stage": "rcpt", "at_byte": 5}, "rules[1].at_byte", "body"),
        ({"stage": "rcpt", "extra": "a\nb"}, "rules[1].extra", "one line"),
        ({"stage": "rcpt", "name": 5}, "rules[1].name", "text"),
    ],
)
def test_rule_that_cannot_be_is_refused_by_name(rule: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_behaviours({"rules": [rule]}, file="mine.toml")
    [problem] = caught.value.problems
    assert (problem.file, problem.field) == ("mine.toml", field)
    assert words in problem.message


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_behaviours({"seed": -1, "rule": [], "rules": [{"stage": "x", "first": 0}, 7]})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["rule", "seed", "rules[1].stage", "rules[1].first", "rules[2]"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("bad.toml", "seed = 1\nrules = ]", 2),
        ("bad.json", '{\n"rules": [}\n}', 2),
        ("list.json", "[]", None),
        ("rules.toml", "rules = 5", None),
    ],
)
def test_file_that_is_no_table_of_rules_is_refused(tmp_path: Path, name: str, text: str, line: int | None) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_behaviours(path)
    [problem] = caught.value.problems
    assert problem.file == str(path)
    if line is not None:
        assert problem.line == line


def test_file_that_is_not_there_names_what_comes_with_paceline(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No such file.*greylisting"):
        load_behaviours(tmp_path / "missing.toml")


def test_json_and_toml_mean_the_same(tmp_path: Path) -> None:
    rule = {"stage": "rcpt", "reply": "450 4.2.1 later", "every": 3}
    (tmp_path / "one.json").write_text(json.dumps({"rules": [rule]}))
    (tmp_path / "one.toml").write_text('[[rules]]\nstage = "rcpt"\nreply = "450 4.2.1 later"\nevery = 3\n')
    assert load_behaviours(tmp_path / "one.json") == load_behaviours(tmp_path / "one.toml")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["rules", "stage", "limit", "reply", "seed", "in", "messages"]) | st.text(), inner)))  # fmt: skip
def test_any_document_gives_behaviours_or_problems(document: Any) -> None:
    try:
        parse_behaviours(document)
    except InputError as error:
        assert_told(error)


def assert_told(error: InputError) -> None:
    assert error.problems
    assert all(problem.message for problem in error.problems)


def test_multi_line_reply_carries_its_code_on_every_line() -> None:
    behaviours = parse_behaviours({"rules": [{"stage": "dot", "reply": ["550 5.4.5 over", "5.4.5 see there"]}]})
    assert behaviours.rules[0].action.reply == b"550-5.4.5 over\r\n550 5.4.5 see there\r\n"


@pytest.mark.parametrize("name", shipped_behaviours())
def test_shipped_behaviour_is_described_and_documented(name: str) -> None:
    assert f"| `{name}` | {load_behaviours(name).description} |" in DOCUMENTATION


_WORDS = {*behaviour_file._RULE_FIELDS, *Stage, *Answer, *Packets, *Then, *Per, *Violation} - {"name"}


@pytest.mark.parametrize("word", sorted(map(str, _WORDS)))
def test_every_word_of_a_rule_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCUMENTATION


def test_limit_in_a_time_zone_begins_at_its_midnight() -> None:
    limit = {"messages": 1, "in": "day", "window": "calendar", "timezone": "Europe/Zurich"}
    condition = parse_behaviours({"rules": [{"stage": "mail", "limit": limit}]}).rules[0].when
    assert condition.limit is not None
    assert condition.limit.timezone == ZoneInfo("Europe/Zurich")
    assert condition.limit.since(NOON) == NOON - 13 * 3_600
