"""What a mail program reads is what was rendered, and what travels is plain: for every contact."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, strategies as st

from paceline.content.mime import Transfer, choose_transfer, encode_base64
from paceline.domain.errors import ContentError
from unit.content.letters import assert_sendable, make_content, read, render

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
LETTERS = (
    "a",
    " ",
    "  ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\r\n.\r\n",
    ".",
    "=",
    "=3D",
    "=?utf-8?q?x?=",
    "é",
    "日本",
    "😀",
    "\xa0",
)
TROUBLE = ("\u2028", "\x85", "\x0b", "<b>", "&amp;", '"', "--=_paceline_", "From ", "{{ 7 }}", "{%", "x" * 90)
NASTY = st.lists(st.sampled_from(LETTERS + TROUBLE), max_size=12).map("".join)
FOREIGN = "Здравствуйте, "


def _as_sent(value: str) -> str:
    """What is kept of a value: one kind of line break, no control characters; blank values are missing."""
    if not value.strip():
        return ""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", " ", value)


@given(value=ANY_TEXT | NASTY)
@example(value="x" * 75)
@example(value="é" * 25)
@example(value="a" * 74 + " ")
@example(value="word \n")
def test_text_arrives_exactly_as_it_was_rendered(value: str) -> None:
    content = make_content(text="Dear {{ contact.a }},\nyours {{ contact.a }}", missing_fields="empty")
    letter = render(content, {"a": value})
    assert_sendable(letter.data)
    assert letter.text == f"Dear {_as_sent(value)},\nyours {_as_sent(value)}\n"
    assert letter.html is None


@given(value=ANY_TEXT | NASTY)
def test_both_bodies_arrive_in_both_transfer_encodings(value: str) -> None:
    text = f"{FOREIGN * 3}{{{{ contact.a }}}}!\n"
    letter = render(
        make_content(text=text, html="<p>{{ contact.a | safe }}</p>\n", missing_fields="empty"), {"a": value}
    )
    assert_sendable(letter.data)
    assert letter.text == f"{FOREIGN * 3}{_as_sent(value)}!\n"
    assert letter.html == f"<p>{_as_sent(value)}</p>\n"
    parts = list(letter.message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [str(part["content-transfer-encoding"]) for part in parts] == ["base64", "quoted-printable"]


@given(template=ANY_TEXT | NASTY)
def test_texts_without_tags_arrive_unchanged(template: str) -> None:
    assume("{" not in template)
    body = template.replace("\r\n", "\n").replace("\r", "\n")
    assume(not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", body))
    letter = render(make_content(text="-" + template))
    assert_sendable(letter.data)
    assert letter.text == "-" + body + ("" if body.endswith("\n") else "\n")


@given(value=ANY_TEXT | NASTY)
def test_subject_arrives_on_one_line_with_breaks_as_spaces(value: str) -> None:
    letter = render(make_content(subject="Hello {{ contact.a }} !", text="-", missing_fields="empty"), {"a": value})
    assert_sendable(letter.data)
    expected = re.sub("[ \t]*[\x00-\x1f\x7f-\x9f\u2028\u2029]+[ \t]*", " ", f"Hello {_as_sent(value)} !").strip()
    assert letter.subject == expected
    headers = {"Date", "From", "List-Id", "Feedback-ID", "To", "Subject", "Message-ID", "MIME-Version"}
    assert set(letter.message.keys()) == headers | {"Content-Type", "Content-Transfer-Encoding"}


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "ok \udfff"])
def test_nul_and_half_characters_fail_the_message(value: str) -> None:
    with pytest.raises(ContentError, match="field a contains"):
        render(make_content(text="{{ contact.a }}"), {"a": value})


def test_what_nobody_prints_cannot_harm() -> None:
    assert render(make_content(text="Hi"), {"a": "\0" * 10, "b": "x" * 10_000_000}).text == "Hi\n"


def test_oversized_field_fails_only_its_message() -> None:
    with pytest.raises(ContentError, match="too large"):
        render(make_content(text="{{ contact.a }}"), {"a": "x" * 10_000_000})


def test_encoded_lines_are_at_most_76_characters() -> None:
    letter = render(make_content(text="ä " * 500 + "{{ contact.a }}", html="<i>日本</i>" * 100), {"a": "=" * 300})
    body = letter.data.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_base64_is_the_standard_librarys(text: str) -> None:
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    letter = read((head + encode_base64(text)).encode("ascii"))
    assert letter.text == text.replace("\r\n", "\n").replace("\r", "\n")


def test_mostly_foreign_text_travels_as_base64() -> None:
    assert choose_transfer("Grüße aus Köln") is Transfer.QUOTED_PRINTABLE
    assert choose_transfer("日本語のメール") is Transfer.BASE64
