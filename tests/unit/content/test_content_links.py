"""Tracked links: which links become tokens, what stays as it is, and where the tokens lead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paceline.content.email import EmailContent, EmailRenderer, check
from paceline.content.links import LinkTarget
from paceline.content.template.scope import Surroundings
from paceline.domain.errors import ContentError
from paceline.domain.tokens import CampaignTokens, Purpose, Token, Tokens
from unit.content.letters import AT, assert_sendable, make_content, read

BASE = "https://t.example.com"
TOKENS = Tokens(b"secret")
MINE = CampaignTokens(tokens=TOKENS, workspace_id=3, campaign_id=4)
CLICK = re.compile(rf"{BASE}/t/c/([A-Za-z0-9_-]{{40}})")
OPEN = re.compile(rf'<img src="{BASE}/t/o/([A-Za-z0-9_-]{{40}})" width="1" height="1" alt=""')
UNSUBSCRIBE = re.compile(rf"{BASE}/u/([A-Za-z0-9_-]{{40}})")


def renderer(content: EmailContent) -> EmailRenderer:
    return EmailRenderer(content, domain="example.com", secret=b"secret", tokens=MINE)


def sent(content: EmailContent, fields: dict[str, str] | None = None, *, number: int = 5) -> Any:
    rendered = renderer(content).render(
        address="jo@example.org",
        fields=fields or {},
        message_key="5",
        account_from="",
        at=AT,
        message_number=number,
    )
    assert_sendable(rendered.data)
    return read(rendered.data)


def tracked(html: str, **more: Any) -> EmailContent:
    return make_content(html=html, base_url=BASE, **more)


def numbers(text: str) -> list[int]:
    """The numbers of the tracked links, each genuine and of this very message."""
    found = [TOKENS.read(token, Purpose.CLICK) for token in CLICK.findall(text)]
    assert all(t == Token(workspace_id=3, campaign_id=4, message_id=5, number=t.number) for t in found if t)
    return [token.number for token in found if token is not None]


@pytest.mark.parametrize(
    ("html", "target"),
    [
        ('<a href="https://shop.example.com/">x</a>', "https://shop.example.com/"),
        ("<A HREF='http://shop.example.com/a?b=c&amp;d=e#f'>x</A>", "http://shop.example.com/a?b=c&d=e#f"),
        ('<a class="b" data-x="y>z" href = "https://shop.example.com:8080">x</a>', "https://shop.example.com:8080"),
        ("<a href=https://shop.example.com/a>x</a>", "https://shop.example.com/a"),
        ('<area shape="rect" href="https://shop.example.com/map">', "https://shop.example.com/map"),
        ('<!--[if mso]><a href="https://shop.example.com/o">x</a><![endif]-->', "https://shop.example.com/o"),
        (
            '<a href="https://shop.example.com/?c={{ contact.code }}">x</a>',
            "https://shop.example.com/?c={{ contact.code }}",
        ),
        ('<a title="see href=no" href="https://shop.example.com/t">x</a>', "https://shop.example.com/t"),
    ],
)
def test_link_becomes_a_token_and_its_target_is_kept(html: str, target: str) -> None:
    content = tracked(html)
    assert content.link_targets() == (target,)
    arrived = sent(content, {"code": "7"})
    assert numbers(arrived.html) == [0]
    assert "shop.example.com" not in arrived.html
    assert "t.example.com/t/" not in arrived.text


@pytest.mark.parametrize(
    "link",
    [
        "mailto:ann@example.com",
        "tel:+491234",
        "#top",
        "/relative",
        "//shop.example.com/",
        "javascript:alert(1)",
        "{{ contact.site }}",
        "https://{{ contact.site }}/a",
        "https://shop.example.com{{ contact.site }}",
        "https://shop.{{ contact.site }}",
        "https://ann@shop.example.com/",
        "https://shop.example.com:80{{ contact.site }}/",
        "{{ unsubscribe_url }}",
        "https://shop.example.com/?back={{ unsubscribe_url }}",
        "https://shop.example.com\\@evil.example/",
    ],
)
def test_other_links_stay_as_they_are(link: str) -> None:
    content = tracked(f'<p><a href="{link}">x</a></p>')
    assert content.link_targets() == ()
    assert numbers(sent(content, {"site": "example.net"}).html) == []


def test_link_that_needs_what_is_set_elsewhere_stays_as_it_is() -> None:
    html = '{% set page = "a" %}{% for x in ["1"] %}<a href="https://s.example.com/{{ page }}{{ x }}">x</a>{% endfor %}'
    arrived = sent(tracked(html))
    assert 'href="https://s.example.com/a1"' in arrived.html


def test_same_target_has_one_number_and_other_messages_have_other_tokens() -> None:
    html = '<a href="https://a.example/">1</a><a href="https://b.example/">2</a><a href="https://a.example/">3</a>'
    content = tracked(html)
    assert content.link_targets() == ("https://a.example/", "https://b.example/")
    one, two = sent(content), sent(content, number=6)
    assert numbers(one.html) == [0, 1, 0]
    assert not set(CLICK.findall(one.html)) & set(CLICK.findall(two.html))


def test_pixel_stands_at_the_end_of_the_body_once() -> None:
    arrived = sent(tracked("<html><body><p>Hi</p></body></html>"))
    (token,) = OPEN.findall(arrived.html)
    assert TOKENS.read(token, Purpose.OPEN) == Token(workspace_id=3, campaign_id=4, message_id=5)
    assert arrived.html.endswith("></body></html>\n")


def test_opens_and_clicks_are_switched_off_one_by_one() -> None:
    html = '<p><a href="https://a.example/">x</a></p>'
    without_clicks = sent(tracked(html, track_clicks=False)).html
    assert OPEN.search(without_clicks)
    assert "https://a.example/" in without_clicks
    without_opens = sent(tracked(html, track_opens=False)).html
    assert not OPEN.search(without_opens)
    assert numbers(without_opens) == [0]
    assert sent(make_content(html=html)).html == f"{html}\n"


@pytest.mark.parametrize(
    ("answer", "is_tracked"), [("yes", False), ("1", False), ("no", True), ("", True), (" 0 ", True)]
)
def test_contact_who_wants_no_tracking_gets_the_original_links(answer: str, is_tracked: bool) -> None:
    content = tracked('<a href="https://a.example/">x</a> <a href="{{ unsubscribe_url }}">bye</a>')
    arrived = sent(content, {"do_not_track": answer})
    assert bool(OPEN.search(arrived.html)) is is_tracked
    assert ("https://a.example/" in arrived.html) is not is_tracked
    assert UNSUBSCRIBE.search(arrived.html)
    assert arrived.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_links_of_a_text_are_tracked_only_when_wanted() -> None:
    text = "Shop: https://a.example/x. (or https://b.example/{{ contact.code }})\n"
    assert sent(tracked("", text=text), {"code": "1"}).text == text.replace("{{ contact.code }}", "1")
    arrived = sent(tracked("", text=text, track_text_clicks=True), {"code": "1"})
    assert numbers(arrived.text) == [0, 1]
    assert re.fullmatch(rf"Shop: {CLICK.pattern}\. \(or {CLICK.pattern}\)\n", arrived.text)


def test_text_made_from_html_shows_the_original_links_or_the_tracked_ones() -> None:
    html = '<p>Tea &amp; <a href="https://a.example/?a=1&amp;b={{ contact.code }}">cake</a></p>'
    plain = sent(tracked(html), {"code": "<&>"})
    assert "https://a.example/?a=1&b=<&>" in plain.text
    both = sent(tracked(html, track_text_clicks=True), {"code": "<&>"})
    assert "a.example/?" not in both.text + both.html
    assert "Tea & cake" in both.text


def test_list_unsubscribe_has_one_click_and_mail_and_is_the_link_of_the_body() -> None:
    content = tracked('<a href="{{ unsubscribe_url }}">bye</a>', bounce_address="bounce@news.example.com")
    arrived = sent(content)
    header = arrived.message["List-Unsubscribe"]
    ways = re.fullmatch(r"\s*<(https://[^>]+)>,\s*<mailto:([^>]+)\?subject=unsubscribe>", header)
    assert ways, header
    url, mail = ways.groups()
    token = UNSUBSCRIBE.fullmatch(url)
    assert token
    assert TOKENS.read(token[1], Purpose.UNSUBSCRIBE) == Token(workspace_id=3, campaign_id=4, message_id=5)
    local, _, domain = mail.partition("@")
    assert domain == "news.example.com"
    assert TOKENS.read_from_mail(local.removeprefix("bounce+"), Purpose.UNSUBSCRIBE_MAIL)
    assert f'href="{url}"' in arrived.html
    assert b"List-Unsubscribe:\r\n <https://t.example.com/u/" in arrived.data
    assert arrived.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_bounce_address_mail_goes_where_answers_go() -> None:
    content = tracked("<p>x</p>", reply_to="Help <help+me@example.com>")
    assert "<mailto:help%2Bme@example.com?subject=unsubscribe>" in sent(content).message["List-Unsubscribe"]


def test_one_click_is_not_promised_over_plain_http() -> None:
    arrived = sent(make_content(html="<p>x</p>", base_url="http://127.0.0.1:8080/mail/"))
    assert "<http://127.0.0.1:8080/mail/u/" in arrived.message["List-Unsubscribe"]
    assert arrived.message["List-Unsubscribe-Post"] is None


def test_envelope_sender_names_the_message() -> None:
    rendered = renderer(make_content(text="x", bounce_address="bounce@news.example.com")).render(
        address="jo@example.org", fields={}, message_key="5", account_from="", at=AT, message_number=5
    )
    local, _, domain = rendered.sender.partition("@")
    assert (domain, len(local) <= 64) == ("news.example.com", True)
    assert TOKENS.read_from_mail(local.removeprefix("bounce+"), Purpose.BOUNCE) == Token(
        workspace_id=3, campaign_id=4, message_id=5
    )


def test_without_tokens_a_preview_shows_the_original_links() -> None:
    preview = EmailRenderer(tracked('<a href="https://a.example/">x</a>'), domain="example.com", secret=b"s")
    rendered = preview.render(address="jo@example.org", fields={}, message_key="p", account_from="", at=AT)
    letter = read(rendered.data)
    assert 'href="https://a.example/"' in (letter.html or "")
    assert f"<{BASE}/u/{'0' * 40}>" in letter.message["List-Unsubscribe"]


@pytest.mark.parametrize(
    "base_url",
    ["t.example.com", "ftp://t.example.com", "https://{{ contact.site }}", "https://t.example.com/?a=", "https://a b"],
)
def test_base_url_that_is_none_is_refused(base_url: str) -> None:
    (problem,) = check(make_content(text="x", base_url=base_url), None, "file")
    assert problem.field == "base_url"


@pytest.mark.parametrize(
    "address", ["bounce", "B <bounce@example.com>", "sixteen.letters.@example.com", "a+b@example.com"]
)
def test_bounce_address_that_has_no_room_is_refused(address: str) -> None:
    (problem,) = check(make_content(text="x", bounce_address=address), None, "file")
    assert problem.field == "bounce_address"


def test_audience_need_not_have_a_column_for_tokens() -> None:
    content = tracked('<a href="{{ unsubscribe_url }}">{{ contact.first_name }}</a>')
    assert check(content, ["email", "first_name"], "file") == []
    assert [problem.field for problem in check(content, ["email"], "file")] == ["html"]


def test_target_takes_fields_of_the_contact_into_path_and_query_only() -> None:
    target = LinkTarget("https://a.example/{{ contact.path }}?k={{ campaign.key }}", Surroundings(campaign_key="k1"))
    assert target.needs_contact
    url = target.url("jo@example.org", {"path": "@evil.example/\r\nSet-Cookie: x ä"})
    assert url == "https://a.example/@evil.example/%0D%0ASet-Cookie:%20x%20%C3%A4?k=k1"
    assert target.url("jo@example.org", {}) == "https://a.example/?k=k1"
    with pytest.raises(ContentError):
        target.url("jo@example.org", {"path": "\ud800"})


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_html_is_tracked_in_linear_time_and_sent(html: str) -> None:
    content = tracked(f'{html}<a href="https://a.example/">x</a>')
    if not check(content, None, "file"):
        sent(content)


def test_hostile_html_is_read_in_time() -> None:
    for bad in ('<a "' * 50_000, "<a href='" * 50_000, "<a " + "href=x " * 50_000 + ">"):
        assert tracked(bad).link_targets() == ()


@pytest.mark.parametrize(
    ("name", "purpose", "path"),
    [("view_in_browser_url", Purpose.VIEW, "/v/"), ("preferences_url", Purpose.PREFERENCES, "/p/")],
)
def test_links_to_own_pages_carry_the_token_of_the_message(name: str, purpose: Purpose, path: str) -> None:
    tag = f"{{{{ {name} }}}}"
    html = f'<a href="{tag}">Here</a>{{% if {name} %}}!{{% endif %}}'
    arrived = sent(make_content(subject=tag, html=html, text=f"{tag}\n", base_url=f"{BASE}/"))
    in_html = re.search(r'href="([^"]*)">Here</a>!', arrived.html)
    assert in_html is not None
    for url in (arrived.subject, arrived.text.strip(), in_html[1]):
        assert url.startswith(f"{BASE}{path}")
        token = TOKENS.read(url.removeprefix(f"{BASE}{path}"), purpose)
        assert token == Token(workspace_id=3, campaign_id=4, message_id=5, number=0)


def test_links_to_own_pages_need_a_base_url() -> None:
    problems = check(make_content(html='<a href="{{ view_in_browser_url }}">Here</a>'), None, "")
    assert ["has no base_url" in problem.message for problem in problems] == [True]
