"""The text that is made from HTML, and that it keeps what is personal."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.content.email import check
from paceline.content.plain_text import text_from_html
from unit.content.letters import make_content, render


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Hello</p><p>World</p>", "Hello\n\nWorld"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b <b>bold</b>, <i>more</i></div>", "a\nb bold, more"),
        ("  a \n\t b  ", "a b"),
        ("&lt;b&gt; &amp; &euro;&nbsp;5 &#128512;", "<b> & €\xa05 😀"),
        ("<h1>News</h1><p>x</p>", "News\n----\n\nx"),
        ("<ul><li>one</li><li>two<ul><li>in</li></ul></li></ul>", "- one\n- two\n  - in"),
        ("<ol><li>one</li><li><p>two</p></li></ol>", "1. one\n\n2. two"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>", "A | B\n1 | 2"),
        ('<a href="https://x.y/?a=1&amp;b=2">here</a>.', "here (https://x.y/?a=1&b=2)."),
        ('<a href="https://x.y/">https://x.y</a> <a href="mailto:a@b.c">a@b.c</a>', "https://x.y a@b.c"),
        ('<a href="https://x.y"><img src="l.png" alt="Logo"></a>', "Logo (https://x.y)"),
        ('<a href="https://x.y"><img src="l.png"></a>', "https://x.y"),
        ('<a href="#top">up</a><a href="javascript:x()">do</a>', "updo"),
        ("<style>p{color:red}</style><script>if (a < b) {}</script>x<title>t</title>", "x"),
        ("<head><title>t</title></head><body>x</body>", "x"),
        ('<div style="display:none">preheader</div><p hidden>y</p>x', "x"),
        ("a<!-- <p>no</p> -->b<!DOCTYPE html><![if mso]>c", "abc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>a</p><blockquote>b<p>c</p></blockquote>d", "a\n\n> b\n>\n> c\n\nd"),
        ("<p>a</p><hr><p>b</p>", "a\n\n" + "-" * 60 + "\n\nb"),
        ("1 < 2 <b>x", "1 < 2 x"),
        ("<p title='it's'>x</p>", "x"),
    ],
)
def test_html_becomes_text(source: str, expected: str) -> None:
    assert text_from_html(source) == expected + "\n"


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        ("<p>Dear {{ contact.a }},</p>", {"a": "Ann <b>"}, "Dear Ann <b>,\n"),
        ('<p>{{ contact.a | default("R & D") | escape }}</p>', {"a": "a & b"}, "a & b\n"),
        ('<a href="https://x.y/{{ contact.a }}">Shop</a>', {"a": "7"}, "Shop (https://x.y/7)\n"),
        ("<p>x</p>{% if contact.a %}<p>A</p>{% else %}<p>B</p>{% endif %}<p>y</p>", {"a": "1"}, "x\n\nA\n\ny\n"),
        ("<p>x</p>{% if contact.a %}<p>A</p>{% else %}<p>B</p>{% endif %}<p>y</p>", {}, "x\n\nB\n\ny\n"),
        ("<p>x</p>{% if contact.a %}<p>A</p>{% endif %}<p>y</p>", {}, "x\n\ny\n"),
        ("<p>x</p><p>{% if contact.a %}Dear{% else %}Hello{% endif %} y</p>", {}, "x\n\nHello y\n"),
        ("<p>x</p><p>{% if contact.a %}Dear{% else %}Hello{% endif %} y</p>", {"a": "1"}, "x\n\nDear y\n"),
        ("a {% if contact.a %} b {% endif %} c", {"a": "1"}, "a b c\n"),
        ("a {% if contact.a %} b {% endif %} c", {}, "a c\n"),
        ("<p>{% for t in contact.a | split(',') %}{{ t }}, {% endfor %}</p>", {"a": "p,q"}, "p, q, \n"),
        (
            "<ul>{% for t in contact.a | split(',') %}<li>{{ t }}</li>{% endfor %}</ul>z",
            {"a": "p,q"},
            "- p\n- q\n\nz\n",
        ),
        ("<ol>{% for t in ['p','q'] %}<li>{{ t }}</li>{% endfor %}</ol>", {}, "- p\n- q\n"),
        ("{% for t in ['p','q'] %}{{ t }}<br>{% endfor %}z", {}, "p\nq\nz\n"),
        ("{% if contact.a %}<p>x</p>{% else %}<p>y</p>{% endif %}", {"a": "1"}, "x\n"),
        ("<p>{% raw %}{{ x }}{% endraw %}</p>", {}, "{{ x }}\n"),
        ("<p>a{# <p>note</p> #}b</p>", {}, "ab\n"),
    ],
)
def test_text_stays_personal(source: str, fields: dict[str, str], expected: str) -> None:
    letter = render(make_content(html=source), fields)
    assert letter.text is not None
    assert letter.text == expected


def test_unsubscribe_link_stays_in_the_text() -> None:
    content = make_content(
        html='<a href="{{ unsubscribe_url }}">Leave</a>', unsubscribe_url="https://x.y/?u={{ contact.email }}"
    )
    assert render(content).text == "Leave (https://x.y/?u=jo%40example.org)\n"


def test_tags_that_no_text_can_keep_are_explained() -> None:
    content = make_content(html="<p {% if contact.a %}>x</p>{% endif %}")
    assert not [problem for problem in check(content, None, "c.toml") if problem.field == "html"]
    (problem,) = check(content, None, "c.toml")
    assert problem.field == "text"
    assert "give a text of its own" in problem.message


HTML = "<p> </p> <a_href='https://x.y'> </a> <li> </li> <ul> </ol> <ol> <td> </td> <br> <blockquote> </blockquote> <h1> </h1>"
MORE = "<pre> </pre> word < > ' \" &amp; <!-- --> <script> </script> \ufdd0 {{_contact.a_}} {%_if_contact.a_%} {%_else_%} {%_endif_%}"
PIECES = st.sampled_from([*(piece.replace("_", " ") for piece in f"{HTML} {MORE}".split(" ")), " ", "\n"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_html_becomes_some_text_without_more_tags(source: str) -> None:
    text = text_from_html(source)
    assert text.endswith("\n")
    assert text.count("{{ contact.a }}") <= 2 * source.count("{{ contact.a }}")
    assert "\ufdd0" not in text
