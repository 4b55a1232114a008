"""Every key and item of a TOML document is found in its line, in whatever way the document is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paceline.operations.campaign_file.toml_lines import TomlLines, TomlPath

DOCUMENT = '''\
# a comment with "quotes", [brackets] and = signs
title = "one"    # and one behind a value
"quoted key" = 'C:\\'
dotted.first = 1
dotted . "sec.ond" = 2
day = 1979-05-27 07:32:00
story = """
[not.a.table]
not_a_key = 1 \\"""
two quotes before the end"""""
literal = \'\'\'
# not a comment
[[accounts]]\'\'\'
empty = ""
empty_story = """"""
mixed = [1, "a]b", # ]
  [2, 3], {x = 4, y = [
  5]},
]
point = { x = 1, "y.z" = { deep = "}" } }
under_scored-1 = true

[ content ]
html = "a.html"
[content.more."and more"]
last = 1

[[accounts]]
name = "a"
[[accounts.windows]]
from = 1
[[accounts.windows]]
from = 2
[accounts.login]
host = "h"

[[accounts]]
login.host = "i"

[[ accounts.windows ]]
from = 3
'''

PLACES: dict[TomlPath, int] = {
    (): 1,
    ("title",): 2,
    ("quoted key",): 3,
    ("dotted",): 4,
    ("dotted", "first"): 4,
    ("dotted", "sec.ond"): 5,
    ("day",): 6,
    ("story",): 7,
    ("literal",): 11,
    ("empty",): 14,
    ("empty_story",): 15,
    ("mixed",): 16,
    ("mixed", 1): 16,
    ("mixed", 2): 17,
    ("mixed", 2, 1): 17,
    ("mixed", 3, "x"): 17,
    ("mixed", 3, "y"): 17,
    ("mixed", 3, "y", 0): 18,
    ("point", "y.z", "deep"): 20,
    ("under_scored-1",): 21,
    ("content",): 23,
    ("content", "html"): 24,
    ("content", "more"): 25,
    ("content", "more", "and more", "last"): 26,
    ("accounts",): 28,
    ("accounts", 0): 28,
    ("accounts", 0, "name"): 29,
    ("accounts", 0, "windows"): 30,
    ("accounts", 0, "windows", 0): 30,
    ("accounts", 0, "windows", 0, "from"): 31,
    ("accounts", 0, "windows", 1): 32,
    ("accounts", 0, "windows", 1, "from"): 33,
    ("accounts", 0, "login"): 34,
    ("accounts", 0, "login", "host"): 35,
    ("accounts", 1): 37,
    ("accounts", 1, "login", "host"): 38,
    ("accounts", 1, "windows", 0): 40,
    ("accounts", 1, "windows", 0, "from"): 41,
}


@pytest.mark.parametrize(("path", "line"), PLACES.items(), ids=str)
def test_each_thing_is_found_in_its_line(path: TomlPath, line: int) -> None:
    assert TomlLines(DOCUMENT).line_of(path) == line


def test_the_example_is_toml() -> None:
    assert tomllib.loads(DOCUMENT)["accounts"][1]["windows"] == [{"from": 3}]


def test_line_ends_of_windows_count_once() -> None:
    assert TomlLines(DOCUMENT.replace("\n", "\r\n")).line_of(("accounts", 1)) == 37


@pytest.mark.parametrize(
    ("path", "line"),
    [(("missing",), 1), (("content", "subject"), 23), (("accounts", 1, "host"), 37), (("accounts", 2, "host"), 28)],
)
def test_what_is_missing_is_where_it_would_be(path: TomlPath, line: int) -> None:
    assert TomlLines(DOCUMENT).line_of(path) == line


# Documents of all shapes. Every number in them is there once, so that its line can be looked up in the text.

_STRANGE_TEXTS = [
    '"a # [b] = {c}"',
    "'\\'",
    '"\\""',
    '"""\n[[x]]\ny = 1\n"""',
    "'''\n\"\"\"\n'''",
    '""',
    '""""""',
    "''''x'''''",
]
_BLANKS = st.sampled_from(["", " ", "\t "])
_GAPS = st.sampled_from(["", " ", "\n", " # a ] } = comment\n", "\n\n  "])
_WORDS = st.sampled_from(["a", "b-1", "'c.d'", '"e\\"]"', '"#"'])


@st.composite
def _values(draw: st.DrawFn, depth: int = 3) -> str:
    kind = draw(st.sampled_from(["number", "text", "array", "table"] if depth else ["number", "text"]))
    if kind == "number":
        return "NUMBER"
    if kind == "text":
        return draw(st.sampled_from(_STRANGE_TEXTS))
    parts = draw(st.lists(_values(depth - 1), max_size=3))
    if kind == "array":
        items = [draw(_GAPS) + part + draw(_GAPS) for part in parts]
        last = draw(st.sampled_from(["", ","])) if items else ""
        return f"[{','.join(items)}{last}{draw(_GAPS)}]"
    pairs = [f" k{index}{draw(_BLANKS)}={draw(_BLANKS)}{part} " for index, part in enumerate(parts)]
    return "{" + ",".join(pairs) + "}"


@st.composite
def _documents(draw: st.DrawFn) -> str:
    lines: list[str] = []
    for number in range(draw(st.integers(1, 6))):
        header = draw(st.sampled_from(["", f"[t{number}.{draw(_WORDS)}]", "[[list]]", "[[ list . inner ]]"]))
        if header == "[[ list . inner ]]" and not any(line.startswith("[[list]]") for line in lines):
            header = ""
        lines += [header + draw(_GAPS)]
        values: list[str] = draw(st.lists(_values(), max_size=3))
        for index, value in enumerate(values):
            key = f"x{number}_{index}{draw(st.sampled_from(['', ' . ']))}"
            key += draw(_WORDS) if key.endswith(" ") else ""
            lines.append(f"{draw(_BLANKS)}{key}{draw(_BLANKS)}={draw(_BLANKS)}{value}{draw(_BLANKS)}# {key} = 1")
    head, *rest = "\n".join(lines).split("NUMBER")
    return head + "".join(f"{1000 + count}{part}" for count, part in enumerate(rest))


def _numbers(value: Any, path: TomlPath = ()) -> Iterator[tuple[TomlPath, int]]:
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _numbers(part, (*path, key))
    elif isinstance(value, int):
        yield path, value


@given(_documents())
def test_every_number_of_any_document_is_found_in_its_line(text: str) -> None:
    lines = TomlLines(text)
    for path, value in _numbers(tomllib.loads(text)):
        assert str(value) in text.split("\n")[lines.line_of(path) - 1]
