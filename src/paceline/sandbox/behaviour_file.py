"""Reads the behaviour files that people write (TOML or JSON) and says everything that is wrong with them at once.

The format is described in docs/reference/sandbox.md.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from paceline.domain.account import Window
from paceline.domain.errors import InputError, Problem
from paceline.sandbox.behaviours import (
    Action,
    Answer,
    Behaviours,
    Condition,
    Limit,
    Packets,
    Per,
    Rule,
    Stage,
    Then,
    reply,
)
from paceline.sandbox.whatsapp_rules import WhatsAppRule, read_rules

_SHIPPED: Final = Path(__file__).with_name("behaviours")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}

Parse = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _whole(minimum: int, maximum: int = 1_000_000_000) -> Parse:
    def parse(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise ValueError(f"must be a whole number from {minimum} to {maximum}")
        return value

    return parse


def _number(minimum: float, maximum: float) -> Parse:
    def parse(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise ValueError(f"must be a number from {minimum:g} to {maximum:g}")
        return float(value)

    return parse


def _one_of(kind: type[StrEnum]) -> Parse:
    def parse(value: Any) -> StrEnum:
        if value not in list(kind):
            raise ValueError(f"must be one of: {', '.join(kind)}")
        return kind(value)

    return parse


def _list_of(item: Parse) -> Parse:
    def parse(value: Any) -> tuple[Any, ...]:
        values = value if isinstance(value, list) else [value]
        if not values:
            raise ValueError("must not be empty")
        return tuple(item(one) for one in values)

    return parse


def _reply(value: Any) -> bytes:
    return reply(*_list_of(_text)(value))


def _unasked(value: Any) -> bytes:
    text = _text(value)
    if not text.isprintable():
        raise ValueError("must be one line of printable text")
    return text.encode() + b"\r\n"


def _timezone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value))
    except (OSError, LookupError, ValueError) as error:
        raise ValueError('must be the name of a time zone, for example "Europe/Zurich"') from error


def _limit(value: Any) -> Limit:
    if not isinstance(value, dict) or not {"messages", "in"} <= value.keys():
        raise ValueError('must be a table with "messages" and "in", for example { messages = 40, in = "hour" }')
    if unknown := value.keys() - {"messages", "in", "window", "timezone"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: messages, in, window, timezone")
    seconds = _SECONDS.get(value["in"]) if isinstance(value["in"], str) else value["in"]
    if seconds is None:
        raise ValueError(f"in: must be a number of seconds or one of: {', '.join(_SECONDS)}")
    return Limit(
        messages=_whole(0)(value["messages"]),
        seconds=_whole(1)(seconds),
        window=_one_of(Window)(value.get("window", "rolling")),
        timezone=_timezone(value.get("timezone", "UTC")),
    )


_RULE_FIELDS: Final[Mapping[str, Parse]] = {
    "name": _text,
    "stage": _list_of(_one_of(Stage)),
    "recipient": _text,
    "sender": _text,
    "username": _text,
    "per": _one_of(Per),
    "after_messages": _whole(0),
    "limit": _limit,
    "connections_above": _whole(0),
    "skip": _whole(0),
    "first": _whole(1),
    "every": _whole(1),
    "probability": _number(0, 1),
    "reply": _reply,
    "answer": _one_of(Answer),
    "delay_seconds": _number(0, 86_400),
    "packets": _one_of(Packets),
    "gap_seconds": _number(0, 60),
    "garbage_bytes": _whole(1, 10_000_000),
    "pad_bytes": _whole(1, 10_000_000),
    "extra": _unasked,
    "extra_delay_seconds": _number(0, 86_400),
    "then": _one_of(Then),
    "stored": _boolean,
    "without": _list_of(_text),
    "at_byte": _whole(0),
    "read_bytes_per_second": _whole(1),
}
_FILE_FIELDS: Final = ("description", "seed", "rules", "whatsapp")

_BEFORE_LOGIN: Final = {Stage.CONNECT, Stage.EHLO, Stage.HELO, Stage.STARTTLS}
_WITH_SENDER: Final = {Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT}
_CONTRADICTIONS: Final[tuple[tuple[str, Callable[[Rule], bool], str], ...]] = (
    (
        "recipient",
        lambda rule: _needs(rule.when.recipient, rule, _WITH_SENDER),
        "is known at rcpt, data, body, dot only",
    ),
    (
        "sender",
        lambda rule: _needs(rule.when.sender, rule, _WITH_SENDER | {Stage.MAIL}),
        "is known from mail to dot only",
    ),
    ("username", lambda rule: rule.when.username is not None and bool(rule.stages & _BEFORE_LOGIN), "is not known yet"),
    ("per", lambda rule: rule.when.per is Per.RECIPIENT and not rule.stages <= _WITH_SENDER, "recipient: none there"),
    (
        "per",
        lambda rule: (
            rule.when.per in (Per.CONNECTION, Per.RECIPIENT)
            and (rule.when.limit is not None or rule.when.connections_above is not None)
        ),
        "limit and connections_above are counted per login or per server",
    ),
    (
        "reply",
        lambda rule: rule.action.reply is not None and rule.action.answer is not Answer.NORMAL,
        'is never said with this "answer"',
    ),
    (
        "stored",
        lambda rule: rule.action.stored is not None and rule.stages != {Stage.DOT},
        "is decided at stage dot only",
    ),
    (
        "stored",
        lambda rule: (
            Stage.DOT in rule.stages and rule.action.answer is not Answer.NORMAL and rule.action.stored is None
        ),
        "is needed at stage dot when no reply is given: true or false",
    ),
    ("without", lambda rule: bool(rule.action.without) and rule.stages != {Stage.EHLO}, "belongs to stage ehlo"),
    ("at_byte", lambda rule: bool(rule.action.at_byte) and rule.stages != {Stage.BODY}, "belongs to stage body"),
)


def _needs(pattern: str | None, rule: Rule, stages: set[Stage]) -> bool:
    return pattern is not None and not rule.stages <= stages


def shipped_behaviours() -> dict[str, str]:
    """The behaviours that come with Paceline: name and description."""
    return {path.stem: load_behaviours(path).description for path in sorted(_SHIPPED.glob("*.toml"))}


def load_behaviours(source: Path | str) -> Behaviours:
    """Read a behaviour file (JSON if it ends in .json, else TOML), or one that comes with Paceline by its name.

    Raises InputError with every problem.
    """
    path = Path(source)
    if not path.exists() and (shipped := _SHIPPED / f"{source}.toml").exists():
        path = shipped
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        names = ", ".join(one.stem for one in sorted(_SHIPPED.glob("*.toml")))
        message = f"cannot be read: {reason}. Behaviours that come with Paceline: {names}"
        raise InputError([Problem(file=str(source), message=message)]) from error
    return parse_behaviours(_decode(text, str(path)), file=str(path))


def _decode(text: str, file: str) -> Any:
    try:
        return json.loads(text) if file.endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise InputError(
            [Problem(file=file, line=int(line[1]) if line else None, message=str(error) or "nested too deeply")]
        ) from error


def parse_behaviours(document: Any, *, file: str = "behaviours") -> Behaviours:
    """Behaviours from the decoded document. Raises InputError with every problem; ``file`` names it there."""
    if not isinstance(document, dict):
        raise InputError([Problem(file=file, message="must be a table with rules")])
    problems = [
        Problem(file=file, field=name, message=f"is not known; known are: {', '.join(_FILE_FIELDS)}")
        for name in sorted(document.keys() - set(_FILE_FIELDS))
    ]
    reader = _Reader(file, problems)
    seed = reader.value("seed", document.get("seed", 0), _whole(0))
    description = reader.value("description", document.get("description", ""), _text)
    tables = document.get("rules", [])
    if not isinstance(tables, list):
        problems.append(Problem(file=file, field="rules", message="must be a list of tables: [[rules]]"))
        tables = []
    rules = [reader.rule(number, table) for number, table in enumerate(tables, start=1)]
    whatsapp: tuple[WhatsAppRule, ...] = ()
    try:
        whatsapp = read_rules(document.get("whatsapp", []), file=file)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return Behaviours(rules=tuple(filter(None, rules)), seed=seed, description=description, whatsapp=whatsapp)


class _Reader:
    """Reads values and keeps the problems it meets."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems

    def value(self, name: str, value: Any, parse: Parse) -> Any:
        try:
            return parse(value)
        except ValueError as error:
            self._add(name, str(error))
            return None

    def rule(self, number: int, table: Any) -> Rule | None:
        where = f"rules[{number}]"
        if not isinstance(table, dict):
            self._add(where, "must be a table")
            return None
        known_problems = len(self._problems)
        for name in sorted(table.keys() - _RULE_FIELDS.keys()):
            self._add(f"{where}.{name}", f"is not known; known are: {', '.join(_RULE_FIELDS)}")
        values = {
            name: self.value(f"{where}.{name}", table[name], parse)
            for name, parse in _RULE_FIELDS.items()
            if name in table
        }
        if "stage" not in table:
            self._add(f"{where}.stage", f"is missing; one or several of: {', '.join(Stage)}")
        if len(self._problems) > known_problems:
            return None
        rule = _rule(number, values)
        for name, message in _contradictions(rule):
            self._add(f"{where}.{name}", message)
        return rule

    def _add(self, name: str, message: str) -> None:
        self._problems.append(Problem(file=self._file, field=name, message=message))


def _rule(number: int, values: dict[str, Any]) -> Rule:
    return Rule(
        name=values.get("name") or f"rule {number}",
        stages=frozenset(values["stage"]),
        when=Condition(**{one.name: values[one.name] for one in fields(Condition) if one.name in values}),
        action=Action(**{one.name: values[one.name] for one in fields(Action) if one.name in values}),
    )


def _contradictions(rule: Rule) -> Iterator[tuple[str, str]]:
    return ((name, message) for name, is_wrong, message in _CONTRADICTIONS if is_wrong(rule))
