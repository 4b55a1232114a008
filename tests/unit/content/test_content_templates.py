"""What templates can do, and what happens to a field that is empty."""

from __future__ import annotations

import re

import pytest

from paceline.content.email import check
from paceline.domain.errors import ContentError
from unit.content.letters import make_content, render

CONTACT = {
    "first_name": "Ann",
    "Last Name": "O'Neil",
    "plan": "pro",
    "city": "  ",
    "orders": "12",
    "tags": "red, green,, blue ",
    "note": "a < b & c",
}


def _text(template: str, fields: dict[str, str] | None = None, **values: str) -> str:
    letter = render(make_content(text=template, **values), CONTACT if fields is None else fields)
    assert letter.text is not None
    return letter.text.removesuffix("\n")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ contact.first_name }}", "Ann"),
        ('{{ contact["first_name"] }}', "Ann"),
        ('{{ contact["Last Name"] }} {{ contact.last_name }} {{ contact["LAST-NAME"] }}', "O'Neil O'Neil O'Neil"),
        ("{{ contact.email }}", "jo@example.org"),
        ("{{ campaign.key }} {{ campaign.name }}", "spring-2027 Spring news"),
        ('{{ contact.first_name | default("friend") }}', "Ann"),
        ('{{ contact.city | default("town") }}', "town"),
        ('{{ contact.nothing | upper | default("nobody") }}', "nobody"),
        ('{{ contact.nothing or contact.city or "x" }}', "x"),
        ('{{ contact.city if contact.city else "no city" }}', "no city"),
        ("{{ 'yes' if contact.city }}|", "|"),
        ("{% if contact.city %}a{% elif contact.plan == 'pro' %}b{% else %}c{% endif %}", "b"),
        ("{% if not contact.city and contact.plan in ['pro', 'max'] %}x{% endif %}", "x"),
        ("{% if contact.nothing == 'a' or 'z' in contact.nothing %}x{% else %}y{% endif %}", "y"),
        ("{% if contact.orders | int > 10 %}many{% endif %}", "many"),
        ("{% if contact.nothing | int > 10 %}many{% else %}few{% endif %}", "few"),
        ("{% if contact.city is defined %}x{% else %}y{% endif %}", "y"),
        ("{{ contact.orders | int + 3 * 2 - 1 }}", "17"),
        ("{{ contact.first_name | upper }} {{ contact.first_name[:1] }}. {{ contact.first_name[-1] }}", "ANN A. n"),
        ("{{ contact.first_name ~ ' ' ~ contact.last_name }}", "Ann O'Neil"),
        ('{{ contact.note | replace("&", "and") | truncate(8) }}', "a < b a…"),
        ("{{ contact.tags | split(',') | join('+') }}", "red+green+blue"),
        ("{% for t in contact.tags | split(',') %}{{ loop.index }}{{ t }}{% if not loop.last %};{% endif %}{% endfor %}",
         "1red;2green;3blue"),
        ("{% for t in contact.nothing | split(',') %}{{ t }}{% else %}none{% endfor %}", "none"),
        ("{% for n in [1, 2] %}{% for m in ['a', 'b'] %}{{ n }}{{ m }} {% endfor %}{% endfor %}|", "1a 1b 2a 2b |"),
        ("{% set n = contact.first_name %}{{ n }}{% if n %}!{% endif %}", "Ann!"),
        ("{% set n = contact.city %}{{ n | default('town') }}", "town"),
        ("{% set n = 'a' %}{% for i in [1, 2] %}{% set n = n ~ 'b' %}{{ n }}{% endfor %}{{ n }}", "ababa"),
        ("a {#- {{ nothing }} -#} b", "ab"),
        ("a {%- if true -%} b {%- endif -%} c", "abc"),
        ("{% raw %}{{ contact.first_name }} {% endif %}{% endraw %}", "{{ contact.first_name }} {% endif %}"),
        ("{{ '{{ 7 * 7 }}' }} { { } {x", "{{ 7 * 7 }} { { } {x"),
        ("{{ contact.note | urlencode }}", "a%20%3C%20b%20%26%20c"),
        ("{{ contact.first_name is startingwith('A') }}", "True"),
        ("{{ (contact.orders | float / 5) | round(1) }}", "2.4"),
    ],
)  # fmt: skip
def test_template_renders(template: str, expected: str) -> None:
    assert _text(template, campaign_name="Spring news") == expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ contact.city }}",
        "Dear {{ contact['city'] | upper }},",
        "{{ contact.city | urlencode }}",
        "{{ contact.city[:3] }}",
        "{{ contact.city[0] }}",
        "{{ contact.city | first }}",
        "{{ contact.city ~ '' }}",
        "{{ contact.city | split(',') | join }}",
        "{{ contact.city | int }}",
        "{% set c = contact.city %}{{ c }}",
        "{% set c = contact.city | upper %}{{ c }}",
        "{% for c in [contact.city] %}{% endfor %}{{ contact.plan if contact.plan == 'x' else contact.city }}",
    ],
)
def test_empty_field_without_default_fails_the_message(template: str) -> None:
    with pytest.raises(ContentError, match=r"^field city is empty for this contact and the template has no default$"):
        _text(template)


def test_empty_field_prints_nothing_where_the_policy_says_so() -> None:
    template = "Dear {{ contact.city }}{{ contact.city | upper }}{{ contact.city[0] }}{{ contact.city | first }}."
    assert _text(template, missing_fields="empty") == "Dear ."


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_every_part_obeys_the_policy(part: str) -> None:
    content = make_content(**{"text": "-", part: "Dear {{ contact.city }},"})
    with pytest.raises(ContentError, match="field city is empty"):
        render(content, CONTACT)


def test_html_escapes_and_text_does_not() -> None:
    template = "{{ contact.note }} {{ contact.note | upper }} {{ 'x' if contact.city else contact.note }}"
    letter = render(make_content(subject=template, text=template, html=template), CONTACT)
    assert letter.subject == "a < b & c A < B & C a < b & c"
    assert letter.text == "a < b & c A < B & C a < b & c\n"
    assert letter.html == "a &lt; b &amp; c A &lt; B &amp; C a &lt; b &amp; c\n"


def test_safe_leaves_markup_of_a_contact_as_it_is() -> None:
    assert render(make_content(html="{{ contact.x | safe }}"), {"x": "<b>"}).html == "<b>\n"
    assert render(make_content(html="{{ contact.x | e }} {{ contact.x | safe ~ contact.x }}"), {"x": "<b>"}).html == (
        "&lt;b&gt; &lt;b&gt;&lt;b&gt;\n"
    )


def test_a_value_that_a_filter_cannot_take_fails_the_message_and_names_the_field() -> None:
    with pytest.raises(ContentError, match="field first_name cannot be rendered"):
        _text("{{ contact.first_name | int + 1 }}")


def test_splitting_into_too_many_items_fails_the_message() -> None:
    with pytest.raises(ContentError, match="a field cannot be rendered: split gives more than 100 items"):
        _text("{% for x in contact.t | split(',') %}{{ x }}{% endfor %}", {"t": "," * 200})


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("a\n{{ contact.x", 2, "never closed"),
        ("{{ contact.x }", 1, '"}" has no meaning'),
        ("\n\n{% if contact.x %}", 3, 'never closed with "{% endif %}"'),
        ("{% endif %}", 1, "without a beginning"),
        ("{% if true %}{% endfor %}", 1, '"endfor" stands where "endif" is expected'),
        ("{{ “x” }}", 1, "use straight quotes"),
        ("{{ 'x }}", 1, "never closed with '"),
        ("{# x", 1, 'never closed with "#}"'),
        ("{% raw %}", 1, "endraw"),
        ("{{ }}", 1, "a value is expected"),
        ("{{ contact }}", 1, "write contact.NAME"),
        ("{{ first_name }}", 1, "written contact.first_name"),
        ("{{ contcat.x }}", 1, 'did you mean "contact"?'),
        ("{{ contact.x | uper }}", 1, 'did you mean "upper"?'),
        ("{{ contact.x is defnied }}", 1, 'did you mean "defined"?'),
        ("{{ contact.x.y }}", 1, 'a value has no ".y"'),
        ("{{ contact.x | default }}", 1, "default needs what to use instead"),
        ("{{ contact.x | truncate(length=3) }}", 1, "arguments are written without their names|there is no"),
        ("{{ contact.x | upper('a') }}", 1, "upper takes no argument, not 1"),
        ("{{ ['a'] }}", 1, "a list cannot be printed"),
        ("{% for x in contact.y %}{% endfor %}", 1, "for needs a list"),
        ("{% set contact = 'a' %}", 1, '"contact" cannot be set'),
        ("{{ contact.x + 'a' }}", 1, '"\\+" works on numbers only'),
        ("{{ 1 < 2 < 3 }}", 1, "comparisons cannot be chained"),
        ("{{ loop.index }}", 1, 'exists only inside "for"'),
        ("{{ '\\q' }}", 1, "is not an escape"),
        ("{{ '\\u0000' }}", 1, "control character U\\+0000"),
        ("a\x00", 1, "control character U\\+0000"),
        ("\n{{ unsubscribe_url }}", 2, "the campaign has none"),
        ('{{ contact[""] }}', 1, "has no name"),
    ],
)
def test_template_problem_names_its_line(template: str, line: int, message: str) -> None:
    problems = check(make_content(text=template), None, "c.toml", files={"text": "c.txt"})
    assert [(problem.file, problem.line, problem.field) for problem in problems[:1]] == [("c.txt", line, "text")]
    assert any(re.search(message, problem.message) for problem in problems), problems
