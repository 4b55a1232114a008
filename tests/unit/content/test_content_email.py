"""The content as a whole: what is wrong with it, how it is stored, and its messages."""

from __future__ import annotations

import json
import re

import pytest

from paceline.content.email import EmailContent, EmailRenderer, MissingFields, RenderedEmail, check
from paceline.domain.errors import ContentError, InputError
from unit.content.letters import AT, make_content, read


def _renderer(**values: str) -> EmailRenderer:
    return EmailRenderer(make_content(text="Hi", **values), domain="mail.example.com", secret=b"secret")


def _render(renderer: EmailRenderer, *, key: str = "1", account_from: str = "", at: float = AT) -> RenderedEmail:
    return renderer.render(address="jo@example.org", fields={}, message_key=key, account_from=account_from, at=at)


def test_message_id_is_the_same_on_every_attempt_and_unique_per_message() -> None:
    renderer = _renderer()
    first, again, other = _render(renderer), _render(_renderer(), at=AT + 60), _render(renderer, key="2")
    assert first.message_id == again.message_id != other.message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@mail\.example\.com>", first.message_id)
    assert str(read(first.data).message["message-id"]) == first.message_id


def test_same_moment_gives_the_same_bytes() -> None:
    assert _render(_renderer()).data == _render(_renderer()).data


def test_account_overrides_the_from() -> None:
    renderer = _renderer(reply_to="Help <help@example.com>")
    assert renderer.sender() == "ann@example.com"
    assert renderer.sender("Bo <bo@Example.NET>") == "bo@example.net"
    message = read(_render(renderer, account_from="Bo <bo@example.net>").data).message
    assert (message["from"], message["reply-to"]) == ("Bo <bo@example.net>", "Help <help@example.com>")
    assert message["list-id"] == "<spring-2027.example.com>"


def test_unusable_from_of_an_account_fails_the_message() -> None:
    with pytest.raises(ContentError, match="the account's from address"):
        _render(_renderer(), account_from="a@example.com, b@example.com")


@pytest.mark.parametrize("address", ["", "a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "-a@b.example"])
def test_unusable_address_fails_the_message(address: str) -> None:
    with pytest.raises(ContentError, match=r"the address .* cannot be used"):
        _renderer().render(address=address, fields={}, message_key="1", account_from="", at=AT)


def test_empty_or_endless_subject_fails_the_message() -> None:
    renderer = _renderer(subject="{{ contact.a }}", missing_fields="empty")
    for value, message in (("", "the subject is empty"), ("x" * 999, "the subject has 999 characters")):
        with pytest.raises(ContentError, match=message):
            renderer.render(address="jo@example.org", fields={"a": value}, message_key="1", account_from="", at=AT)


def test_content_survives_storing() -> None:
    content = make_content(html="<p>é</p>", unsubscribe_url="https://x.y/", missing_fields=MissingFields.EMPTY)
    assert EmailContent.from_json(json.loads(json.dumps(content.to_json()))) == content
    with pytest.raises(TypeError, match="colour"):
        EmailContent.from_json({**content.to_json(), "colour": "red"})


def test_good_content_has_no_problems() -> None:
    content = make_content(
        subject="Hi {{ contact.First_Name }}", html="<p>{{ contact['last name'] }}</p>", text="{{ contact.email }}"
    )
    assert check(content, ["E-mail", "First Name", "Last  Name"], "c.toml") == []


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"from_address": ""}, "from", "the address is empty"),
        ({"from_address": "Ann"}, "from", "no @"),
        ({"from_address": "Ann <a@b.example>, Bo <b@b.example>"}, "from", "one mailbox"),
        ({"from_address": "Ann\r\nBcc: x <a@b.example>"}, "from", "line break"),
        ({"from_address": "{{ contact.a }} <a@b.example>"}, "from", "not a template"),
        ({"from_address": "jörg@example.com"}, "from", "plain ASCII"),
        ({"from_address": "=?utf-8?q?x?= <a@b.example>"}, "from", "encoded word"),
        ({"reply_to": "x"}, "reply_to", "no @"),
        ({"subject": " "}, "subject", "empty"),
        ({"subject": "a\nBcc: b"}, "subject", "more than one line"),
        ({"subject": "a\u2028b"}, "subject", "more than one line"),
        ({"text": None}, "html", "no content"),
        ({"text": " ", "html": " "}, "html", "no content"),
        ({"text": "x" * 1_000_000 + "\n"}, "text", "1000001 characters"),
    ],
)
def test_problem_names_its_field(values: dict[str, str], field: str, message: str) -> None:
    content = make_content(**{"text": "Hi", **values})
    problems = check(content, ["email"], "c.toml")
    assert [problem.field for problem in problems] == [field]
    assert message in problems[0].message
    with pytest.raises(InputError, match=re.escape(message)):
        EmailRenderer(content, domain="example.com", secret=b"s")


def test_unknown_field_is_named_with_its_line_and_what_may_be_meant() -> None:
    content = make_content(subject="{{ contact.nmae }}", html="<p>\n{{ contact.frist_name }}{{ contact.x }}</p>")
    problems = check(content, ["email", "First Name", "name"], "c.toml", files={"html": "c.html"})
    assert [str(problem) for problem in problems] == [
        'c.toml: subject: the audience has no column "nmae"; did you mean "name"?',
        'c.html:2: html: the audience has no column "frist_name"; did you mean "First Name"?',
        'c.html:2: html: the audience has no column "x"; it has email, First Name, name',
    ]


def test_every_problem_is_reported_at_once() -> None:
    content = make_content(from_address="x", subject="{{ a }}", html="{{ b }}\n{{ c | d }}", list_id="?")
    fields = [problem.field for problem in check(content, None, "c.toml")]
    assert fields == ["from", "list_id", "subject", "html", "html", "html"]
