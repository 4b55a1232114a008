"""What a contact brings is data; what an author writes stays within the lists. Whatever passes can be rendered."""

from __future__ import annotations

import html
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from paceline.content.email import EmailRenderer, check
from paceline.domain.errors import ContentError
from unit.content.letters import AT, assert_sendable, make_content, read, render

ATTACKS = [
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{{ contact.__class__ }}",
    "</p><script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ '' | e }}",
    "\r\nBcc: eve@example.net\r\n\r\nbody",
    "=?utf-8?q?=0D=0ABcc:_eve=40example.net?=",
    "\u2028Bcc: eve@example.net",
    "\x85Bcc: eve@example.net",
    "--=_paceline_--",
    "a, eve@example.net",
    "%0D%0ABcc:eve@example.net",
    "https://evil.example/?",
    "> , <https://evil.example",
]
EVERYWHERE = {
    "subject": "S {{ contact.a }} {{ contact.a | upper }}",
    "html": "<p title=\"{{ contact.a }}\">{{ contact.a | upper }} {{ contact.a or 'x' }}{{ unsubscribe_url }}</p>",
    "text": "T {{ contact.a }} {{ 'y' ~ contact.a }} {{ unsubscribe_url }}",
    "unsubscribe_url": "https://example.com/u/{{ contact.a }}?k={{ contact.a | lower }}",
}


SHORT = st.text(  # the URL prints it twice, up to 12 characters for each, and has room for 900
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)


@given(value=st.sampled_from(ATTACKS) | SHORT)
def test_what_a_contact_brings_is_only_text(value: str) -> None:
    letter = render(make_content(**EVERYWHERE, missing_fields="empty"), {"a": value})
    assert_sendable(letter.data)
    assert len(letter.message.keys()) == len(set(letter.message.keys())) == 11
    assert letter.message["to"].addresses[0].addr_spec == "jo@example.org"
    assert letter.message["bcc"] is None
    assert letter.subject.startswith("S")
    assert letter.html is not None
    inside = letter.html.removeprefix('<p title="').removesuffix("</p>\n").replace('">', "", 1)
    assert not set(inside) & set("<>\"'")
    uri = str(letter.message["list-unsubscribe"]).strip()
    assert uri.startswith("<https://example.com/u/")
    assert uri.endswith(">")
    assert not set(uri[1:-1]) & set("<>\"' ,")


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_arrives_as_the_text_that_it_is(attack: str) -> None:
    letter = render(make_content(html="<p>{{ contact.a }}</p>", text="{{ contact.a }}"), {"a": attack})
    canonical = attack.replace("\r\n", "\n")
    assert letter.text == canonical + "\n"
    assert letter.html == f"<p>{html.escape(canonical)}</p>\n"


@pytest.mark.parametrize(
    "template",
    [
        "{{ contact.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ contact.items() }}",
        "{{ contact['x'].upper() }}",
        "{{ self }}",
        "{{ range(10) | join }}",
        "{{ debug() }}",
        "{{ dict(a=1) }}",
        "{{ namespace() }}",
        "{{ lipsum() }}",
        "{{ cycler('a') }}",
        "{{ items }}",
        "{{ f0 }}",
        "{{ 'a' | quote_value }}",
        "{{ 'a' | quote_url }}",
        "{{ contact.x | attr('y') }}",
        "{{ contact.x | map('upper') }}",
        "{{ contact.x | tojson }}",
        "{{ contact.x | format(1) }}",
        "{{ contact | items }}",
        "{{ contact[contact.x] }}",
        "{{ {'a': 1} }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% macro x() %}{% endmacro %}",
        "{% call x() %}{% endcall %}",
        "{% filter upper %}{% endfilter %}",
        "{% autoescape false %}{% endautoescape %}",
        "{% with x = 1 %}{% endwith %}",
        "{% do x %}",
        "{% set x %}{% endset %}",
    ],
)
@pytest.mark.parametrize("part", ["subject", "text", "html", "unsubscribe_url"])
def test_what_is_not_on_the_lists_is_refused(template: str, part: str) -> None:
    prefix = "https://example.com/" if part == "unsubscribe_url" else ""
    problems = check(make_content(**{"text": "-", part: prefix + template}), ["x"], "c.toml")
    assert part in {problem.field for problem in problems}


WORDS = (
    "{{ }} {% %} {{- -}} {# #} if elif else endif for in endfor set raw endraw contact contact.a contact.b . [ ] ( ) | ~ = "
    "== != < > + - * / // % , : 'x' \"y\" 1 2.5 upper default int split join first replace truncate length is not and or "
    "defined even startingwith a b campaign.key loop.index loop.first unsubscribe_url true { } <p> \\ é 日"
)
PHRASES = (
    "{{ contact.a }}",
    "{% if contact.b %}",
    "{% endif %}",
    "{% for x in ['p', 'q'] %}",
    "{% endfor %}",
    "{{ x }}",
    "{% set a = contact.b %}",
    "{{ a | default('d') }}",
    "{{ contact.b | default(contact.a) }}",
    "{{ 1 if a else b }}",
    "\n",
)
TEMPLATES = st.lists(st.sampled_from([*WORDS.split(), *PHRASES]), max_size=25).map(" ".join)


@settings(max_examples=400)
@given(subject=TEMPLATES, text=TEMPLATES, body=TEMPLATES, url=TEMPLATES, value=st.text(max_size=20))
def test_whatever_is_accepted_can_be_rendered(subject: str, text: str, body: str, url: str, value: str) -> None:
    values: dict[str, Any] = {"subject": "S" + subject, "text": text + "-", "html": body + "-"}
    content = make_content(**values, unsubscribe_url="https://example.com/" + url.replace("\n", "").replace(" ", ""))
    if check(content, None, "c.toml"):
        return
    renderer = EmailRenderer(content, domain="example.com", secret=b"s")
    for fields in ({}, {"a": value}, {"a": value, "b": "7"}):
        try:
            data = renderer.render(
                address="jo@example.org", fields=fields, message_key="1", account_from="", at=AT
            ).data
        except ContentError:
            continue
        assert_sendable(data)
        assert read(data).text is not None


EXPRESSIONS = st.recursive(
    st.sampled_from(["contact.a", "contact.b", "'x'", '"y\'"', "campaign.key", "unsubscribe_url", "'é{{ }}'"]),
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["upper", "trim", "e", "safe", "urlencode", "truncate(3)", "replace('x', 'y')"])
        ).map(lambda pair: f"({pair[0]} | {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} ~ {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} | default({pair[1]}))"),
        st.tuples(inner, inner, inner).map(lambda three: f"({three[0]} if {three[1]} == 'x' else {three[2]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} or {pair[1]})"),
        inner.map(lambda one: f"{one}[:2]"),
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(expression=EXPRESSIONS, value=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_body_shows_the_same_in_both_transfer_encodings(expression: str, value: str) -> None:
    """The generated source has fast and slow ways for the same value; they must agree."""
    template = f"<{{{{ {expression} }}}}>"
    both = []
    for foreign in ("", "日" * 200):
        content = make_content(
            html=template + foreign,
            text=template + foreign,
            unsubscribe_url="https://example.com/?a=1&b={{ contact.a }}",
            missing_fields="empty",
        )
        try:
            letter = render(content, {"a": value})
        except ContentError as error:
            both.append((str(error), ""))
        else:
            both.append((str(letter.html).replace(foreign, ""), str(letter.text).replace(foreign, "")))
    assert both[0] == both[1]
