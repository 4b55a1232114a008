"""MJML: what it is compiled to, what comes through, and what is wrong at which line."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from paceline.content.email import check
from paceline.content.mjml import LONGEST_MJML, compile_mjml
from paceline.content.mjml_structure import DEEPEST, MOST_COMPLAINTS
from paceline.content.template.hidden_tags import hide_tags, show_tags
from paceline.operations.campaigns.email_values import content_values, read_content
from unit.content.letters import make_content, render

_AROUND = "<mjml>\n<mj-body>\n<mj-section>\n<mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"
_SMALL_STACK_BYTES = 256 * 1024


def _complaints(body: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in compile_mjml(_AROUND.format(body)).complaints]


def test_message_has_its_fields_its_preheader_and_a_text() -> None:
    body = (
        '<mj-text>Hello {{ contact.name | default("a & b < c") }}</mj-text>{% if contact.id > 1 %}'
        '<mj-button href="https://e.com/?a={{ contact["id"] }}&b=2">Go</mj-button>{% endif %}'
    )
    values = {"from": "a@b.example", "subject": "Hi", "preheader": "Psst", "mjml": _AROUND.format(body)}
    letter = render(read_content(values, key="k", name="n"), {"name": "<Jo>", "id": "7"})
    assert letter.text == "Hello <Jo>\n\nGo (https://e.com/?a=7&b=2)\n"
    assert letter.html is not None
    assert "Hello &lt;Jo&gt;" in letter.html
    assert ">Psst&#8199;" in letter.html
    assert "mj-" not in letter.html.replace("mj-column-per-100", "").replace("mj-outlook-group-fix", "")


@pytest.mark.parametrize("text", ["5 € > 3 é", "él>", '<b title="é>">é</b>l>', "<!-- él> -->é"])
def test_signs_behind_letters_of_any_language_come_through(text: str) -> None:
    assert f">{text}<" in compile_mjml(_AROUND.format(f"<mj-text>{text}</mj-text>")).html
    style = _AROUND.replace("<mj-body>", "<mj-head><mj-style>.é > .b {{}}</mj-style></mj-head><mj-body>", 1)
    assert ".é > .b {}" in compile_mjml(style.format("")).html


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "http" not in compile_mjml(_AROUND.format("<mj-text>Hi</mj-text>")).html.replace("http-equiv", "").replace(
        "http://www.w3.org/1999/xhtml", ""
    )


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("<mj-colum></mj-colum>", 5, "there is no <mj-colum>; did you mean <mj-column>?"),
        ("\n<mj-text>Hi", 6, "<mj-text> is not closed before </mj-column>"),
        ("{{ contact.a\n}}\n<mj-text>a < b</mj-text>", 7, 'a "<" that begins no tag: write &lt; for the sign'),
        ("<mj-text><p class=x>y</p></mj-text>", 5, 'attributes are written name="value"'),
        ("<mj-text>a</br></mj-text>", 5, "</br> has no place"),
        ("<!-- never closed", 5, "the comment is never closed"),
        ('<mj-image width="{{ contact.w }}" src="a"/>', 5, "{{ contact.w }} stands where MJML keeps no text"),
        ("<mj-text>" + "<div>" * DEEPEST, 5, f"nested more than {DEEPEST} deep"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(body: str, line: int, message: str) -> None:
    ((at, said),) = _complaints(body)
    assert at == line
    assert message in said


def test_of_many_lost_tags_some_are_named() -> None:
    body = "".join(f'<mj-image width="{{{{ contact.w{n} }}}}" src="a"/>' for n in range(4_000))
    assert len(_complaints(body)) == MOST_COMPLAINTS


@pytest.mark.parametrize("part", ["{{", "{%", "{#", "{% raw %}", "{% raw", "{%  ", "{{}", "{{#%"])
def test_tags_that_never_close_are_looked_for_once(part: str) -> None:
    """Looked for from each opening, they would keep a server busy for minutes."""
    text = part * ((LONGEST_MJML - 1_000) // len(part))
    marked, tags = hide_tags(text)
    assert show_tags(marked, tags) == text
    assert text in compile_mjml(_AROUND.format(f"<mj-text>{text}</mj-text>")).html


@pytest.mark.parametrize("text", ["templatetag" + "x" * 100_000, "templatetagaaaa", "templatetagtemplatetagaaaa"])
def test_text_that_looks_like_what_stands_for_tags_comes_through(text: str) -> None:
    tags = "{{ contact.a }}" * 5_000
    assert text + tags in compile_mjml(_AROUND.format(f"<mj-text>{text}{tags}</mj-text>")).html


@pytest.mark.parametrize(
    "source", ["", "Hi", "<p>Hi</p>", "<mjml></mjml>", "<mjml", "<mjml><mj-body></mj-body></mjml><mjml></mjml>", "</p>"]
)
def test_what_is_no_document_is_refused(source: str) -> None:
    compiled = compile_mjml(source)
    assert compiled.complaints
    assert not compiled.html


def test_includes_read_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mjml"
    secret.write_text("<mj-text>secret</mj-text>")
    ((_, message),) = _complaints(f'<mj-include path="{secret}" />')
    assert message.startswith("<mj-include> is not available")


def test_document_as_deep_as_it_may_be_fits_into_a_small_stack() -> None:
    deep = DEEPEST - 4 - 1  # what stands around it, and the mj-text
    found: list[str] = []
    body = _AROUND.format(f"<mj-text>{'<div>' * deep}x{'</div>' * deep}</mj-text>")
    before = threading.stack_size(_SMALL_STACK_BYTES)
    try:
        thread = threading.Thread(target=lambda: found.append(compile_mjml(body).html))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found[0].count("<div>") == deep


def test_templates_in_it_are_judged_at_their_own_lines() -> None:
    source = _AROUND.format("<mj-text>{{ contact.city }}\n{{ nothing }}</mj-text>")
    content = make_content(mjml=source, html=compile_mjml(source).html)
    assert [(one.field, one.line) for one in check(content, None, "")] == [("mjml", 6)]
    source = source.replace("nothing", "contact.cty")
    content = make_content(mjml=source, html=compile_mjml(source).html)
    found = check(content, ["city"], "campaign.toml", files={"mjml": "spring.mjml"})
    assert [(one.file, one.field, one.line) for one in found] == [("spring.mjml", "mjml", 6)]


def test_html_follows_the_mjml_and_broken_mjml_leaves_none() -> None:
    values = {"from": "a@b.example", "subject": "Hi", "html": "<p>of before</p>"}
    good = read_content({**values, "mjml": _AROUND.format("<mj-text>new</mj-text>")}, key="k", name="n")
    assert "new" in good.html
    assert content_values(good)["mjml"]
    assert read_content({**values, "mjml": "<mjml"}, key="k", name="n").html == ""
    assert "mjml" not in content_values(read_content(values, key="k", name="n"))


@given(source=st.text(alphabet=st.sampled_from("<>/=\"' mj-textbodyl!{}%#é\n"), max_size=200))
def test_whatever_stands_there_is_compiled_or_complained_about(source: str) -> None:
    for document in (source, _AROUND.format(source)):
        compiled = compile_mjml(document)
        assert bool(compiled.html) != bool(compiled.complaints)
