"""The preheader: where it stands, what it shows, and what is wrong with it."""

from __future__ import annotations

import pytest

from paceline.content.email import EmailContent, check
from paceline.content.letter import read_letter
from paceline.content.preheader import with_preheader
from unit.content.letters import make_content, render


def _line(html: str, preheader: str, fields: dict[str, str] | None = None) -> str:
    return read_letter(render(make_content(html=html, preheader=preheader), fields).data).inbox_line


def _problems(**values: str) -> list[tuple[str | None, str]]:
    return [(problem.field, problem.message) for problem in check(make_content(**values), ["city"], "")]


def test_inbox_shows_it_personalised_and_nothing_of_the_body_behind_it() -> None:
    line = _line("<body><h1>News</h1></body>", "New in {{ contact.city }}", {"city": "Graz"})
    assert line == "New in Graz"


def test_without_one_the_inbox_shows_how_the_body_begins() -> None:
    assert _line("<body><h1>News</h1>of today</body>", "") == "News of today"


def test_text_and_values_are_escaped_once() -> None:
    letter = render(
        make_content(html="<p>Hi</p>", preheader='a < b & {{ contact.city | default("x > y") }}'),
        {"city": "<i>Graz</i>"},
    )
    assert letter.html is not None
    assert "a &lt; b &amp; &lt;i&gt;Graz&lt;/i&gt;" in letter.html
    assert read_letter(letter.data).inbox_line == "a < b & <i>Graz</i>"


def test_raw_text_of_it_is_no_markup() -> None:
    assert _line("<p>Hi</p>", "{% raw %}<b>{{ x }}{% endraw %}") == "<b>{{ x }}"


def test_text_part_does_not_repeat_it() -> None:
    assert render(make_content(html="<p>Hi</p>", preheader="Psst")).text == "Hi\n"


@pytest.mark.parametrize(
    ("html", "before"),
    [
        ("<html><head></head><body class='a > b'><p>Hi</p></body></html>", "<html><head></head><body class='a > b'>"),
        ('<body class="{{ contact.a > 1 }}">Hi</body>', '<body class="{{ contact.a > 1 }}">'),
        ("<!--[if mso]><body class='m'><![endif]--><body>Hi</body>", "<!--[if mso]><body class='m'><![endif]--><body>"),
        ("<head></head>Hi", "<head></head>"),
        ("<!doctype html>\n<html lang='en'>Hi", "<!doctype html>\n<html lang='en'>"),
        ("<p>Hi</p>", ""),
        ("<!-- never closed <body", ""),
    ],
)
def test_it_stands_where_the_body_begins(html: str, before: str) -> None:
    made = with_preheader(html, "Psst")
    assert made.startswith(f"{before}<div style=")
    assert made.endswith(html[len(before) :])


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"preheader": "a\nb"}, "preheader", "it has more than one line"),
        ({"preheader": "x" * 1001}, "preheader", "it has 1001 characters; at most 1000 are accepted"),
        ({"preheader": "{{ contact.city"}, "preheader", 'the tag that begins with "{{" is never closed'),
        ({"preheader": "{{ contact.cty }}"}, "preheader", 'the audience has no column "cty"; did you mean "city"?'),
        (
            {"preheader": "{% set a = 1 %}", "html": "{% set a = 'x' %}Hi"},
            "preheader",
            '"a" was a number and cannot become a text',
        ),
    ],
)
def test_what_is_wrong_is_said_of_the_preheader_alone(values: dict[str, str], field: str, message: str) -> None:
    assert _problems(**{"html": "<p>Hi</p>", **values}) == [(field, message)]


def test_text_alone_has_no_place_for_it() -> None:
    assert [field for field, _ in _problems(text="Hi", preheader="Psst")] == ["preheader"]


def test_content_without_one_is_stored_as_an_earlier_release_reads_it() -> None:
    assert "preheader" not in make_content(html="Hi").to_json()
    content = make_content(html="Hi", preheader="Psst")
    assert EmailContent.from_json(content.to_json()) == content
