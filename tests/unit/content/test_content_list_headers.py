"""List-Id, List-Unsubscribe and one-click."""

from __future__ import annotations

import pytest

from paceline.content.email import check
from paceline.domain.errors import ContentError
from unit.content.letters import assert_sendable, make_content, render


def test_https_url_offers_one_click() -> None:
    content = make_content(text="-", unsubscribe_url="https://x.y/u?e={{ contact.email }}&n={{ contact.name }}")
    letter = render(content, {"name": "Jo & Co/é"})
    assert b"List-Unsubscribe:\r\n <https://x.y/u?e=jo%40example.org&n=Jo%20%26%20Co%2F%C3%A9>\r\n" in letter.data
    assert letter.message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("url", ["http://x.y/u", "mailto:leave@x.y?subject={{ contact.email }}"])
def test_other_urls_offer_no_one_click(url: str) -> None:
    letter = render(make_content(text="-", unsubscribe_url=url))
    assert letter.message["list-unsubscribe"] is not None
    assert letter.message["list-unsubscribe-post"] is None


def test_without_a_url_there_is_no_header() -> None:
    assert render(make_content(text="-")).message["list-unsubscribe"] is None


def test_url_is_encoded_once_and_written_in_the_body_as_in_the_header() -> None:
    content = make_content(
        text="{{ unsubscribe_url }}\n{% if unsubscribe_url %}{{ unsubscribe_url | upper }}{% endif %}",
        html='<a href="{{ unsubscribe_url }}">x</a>',
        unsubscribe_url="https://x.y/u?a=1&e={{ contact.email | urlencode }}",
    )
    letter = render(content)
    assert str(letter.message["list-unsubscribe"]).strip() == "<https://x.y/u?a=1&e=jo%40example.org>"
    assert letter.text == "https://x.y/u?a=1&e=jo%40example.org\nHTTPS://X.Y/U?A=1&E=JO%40EXAMPLE.ORG\n"
    assert letter.html == '<a href="https://x.y/u?a=1&amp;e=jo%40example.org">x</a>\n'


def test_url_is_never_folded() -> None:
    content = make_content(text="-", unsubscribe_url="https://x.y/u?e={{ contact.a }}")
    letter = render(content, {"a": "x" * 800})
    assert_sendable(letter.data)
    assert b"\r\n <https://x.y/u?e=" + b"x" * 800 + b">\r\n" in letter.data


def test_url_that_fits_into_no_line_fails_the_message() -> None:
    with pytest.raises(ContentError, match="the unsubscribe URL has 916 characters"):
        render(make_content(text="-", unsubscribe_url="https://x.y/u?e={{ contact.a }}"), {"a": "x" * 900})


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://x.y/u",
        "//x.y/u",
        "x.y/u",
        "{{ contact.url }}",
        "https://{{ contact.host }}/u",
        "https://x.y{{ contact.more }}",
        "https://x.y:80{{ contact.more }}",
        "https://user@x.y/u",
        "mailto:{{ contact.a }}@x.y",
        "mailto:a@x.y{{ contact.a }}",
        "https://x.y/a b",
        "https://x.y/<b>",
        "https://x.y/\r\nBcc:a",
        "https://x.y/é",
        "{% if contact.a %}https://x.y/{% endif %}",
        "https://x.y/{% if contact.a %} {% endif %}b c",
    ],
)
def test_url_that_cannot_be_trusted_is_refused(url: str) -> None:
    assert [problem.field for problem in check(make_content(text="-", unsubscribe_url=url), None, "c.toml")]


@pytest.mark.parametrize(
    ("list_id", "key", "expected"),
    [
        ("", "spring-2027", "<spring-2027.example.com>"),
        ("", "Früh Jahr!", "<fr-h-jahr.example.com>"),
        ("", "春", "<campaign.example.com>"),
        ("news.example.com", "k", "<news.example.com>"),
        ("<news.example.com>", "k", "<news.example.com>"),
        ("Spring news <news.example.com>", "k", "Spring news <news.example.com>"),
        ('"Spring, news" <news.example.com>', "k", '"Spring, news" <news.example.com>'),
    ],
)
def test_list_id_is_given_or_made(list_id: str, key: str, expected: str) -> None:
    content = make_content(text="-", list_id=list_id, campaign_key=key)
    assert not check(content, None, "c.toml")
    assert " ".join(str(render(content).message["list-id"]).split()) == expected


@pytest.mark.parametrize("list_id", ["news", "a b.c", "x <news.example.com", "news.example.com>", "a\r\nb <n.e>", "<>"])
def test_broken_list_id_is_refused(list_id: str) -> None:
    assert [problem.field for problem in check(make_content(text="-", list_id=list_id), None, "c")] == ["list_id"]
