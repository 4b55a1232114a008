"""Preflight: each rule finds what is wrong in the rendered message, says what to do, and keeps silent where all is well."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.content.letter import read_letter
from paceline.content.preflight import CLIPPED_BYTES, letter_findings, web_links
from paceline.domain.finding import Finding, Severity
from unit.content.letters import make_content, render

LONG = "The spring menu is here, with asparagus from the fields around the town and strawberries from ours."
UNSUBSCRIBE = '<a href="{{ unsubscribe_url }}">Unsubscribe</a>'


def look(html: str = "", **content: str) -> list[Finding]:
    values = {"subject": "Spring", "unsubscribe_url": "https://example.com/u?{{ contact.email }}", **content}
    if html or "text" not in content:
        values["html"] = f"<p>{LONG}</p>{html}{UNSUBSCRIBE}"
    return letter_findings(read_letter(render(make_content(**values)).data))


def rules(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(str(finding.severity), finding.rule) for finding in findings]


def test_good_message_has_no_finding() -> None:
    image = '<img src="https://example.com/a.png" alt="Asparagus">'
    link = '<a href="https://www.example.com/menu">example.com/menu</a> <a href="mailto:a@b.c">Mail</a> <a href="tel:+1">Call</a>'
    assert look(image + link) == []
    assert look(text=f"{LONG}\n{{{{ unsubscribe_url }}}}\n") == []


@pytest.mark.parametrize(
    "url",
    [
        "/menu",
        "www.example.com",
        "example.com/menu",
        "example.com:8080",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "https://",
        "https:///menu",
        "https://menu",
        "https://exa mple.com/",
        "https://[::1",
        "mailto:",
        "data:text/html,x",
        "file:///etc/passwd",
    ],
)
def test_link_that_leads_nowhere_is_an_error(url: str) -> None:
    assert rules(look(f'<a href="{url}">Menu</a>')) == [("error", "links")]


@pytest.mark.parametrize(
    ("html", "rule", "said"),
    [
        ('<a href="#">Menu</a>', "links", "1 link leads nowhere"),
        ('<a href="http://example.com/">Menu</a>', "links", "1 link is not protected (http://)"),
        ('<a href="http://a.com/">A</a><a href="http://b.com/">B</a>', "links", "2 links are not protected"),
        ('<a href="https://evil.example.net/">www.bank.com</a>', "links", "another host"),
        ('<a href="https://bit.ly/x">Menu</a>', "links", "shortener"),
        ('<img src="https://example.com/a.png">', "images", "1 image has no alt text"),
        ('<img alt="" src="http://example.com/a.png">', "images", "not on https"),
        ('<img alt="" src="data:image/png;base64,AAAA">', "images", "do not show"),
        ("<form><input></form>", "markup", "<form>"),
        ("<script>x</script>", "markup", "<script>"),
        ("<p>Act now, you are a winner</p>", "spam phrases", "act now, winner"),
    ],
)
def test_what_a_person_should_know_is_a_warning(html: str, rule: str, said: str) -> None:
    (finding,) = look(html)
    assert (finding.severity, finding.rule) == (Severity.WARNING, rule)
    assert said in finding.sentence
    assert finding.cure


def test_image_that_is_nowhere_on_the_web_is_an_error() -> None:
    for source in ("logo.png", "cid:logo", "", "/f/logo.png"):
        assert ("error", "images") in rules(look(f'<img alt="Logo" src="{source}">'))


@pytest.mark.parametrize(
    ("subject", "said"),
    [("x" * 79, "79 characters"), ("SPRING IS HERE NOW", "shouts"), ("Spring!!", "shouts"), ("Re: Spring", "answer")],
)
def test_subject_is_judged(subject: str, said: str) -> None:
    (finding,) = look(subject=subject)
    assert (finding.rule, said in finding.sentence) == ("subject", True)


def test_size_is_that_of_the_html_where_gmail_cuts() -> None:
    filler = "<p>word</p>\n" * (CLIPPED_BYTES // 12)
    assert rules(look(filler)) == [("warning", "size")]
    assert look(filler[: CLIPPED_BYTES * 11 // 13]) == []


def test_unsubscribing_must_be_possible_by_one_click_and_in_sight() -> None:
    def found(**content: str) -> list[str]:
        letter = read_letter(render(make_content(html=f"<p>{LONG}</p>", **content)).data)
        return [finding.sentence for finding in letter_findings(letter)]

    assert ["no List-Unsubscribe" in one for one in found()] == [True]
    by_mail = found(unsubscribe_url="mailto:bye@example.com")
    assert ["one click" in by_mail[0], "visible" in by_mail[1]] == [True, True]
    assert ["visible" in one for one in found(unsubscribe_url="https://example.com/u")] == [True]


def test_thin_text_part_and_bad_beginning_are_told() -> None:
    assert rules(look(f"<p>{LONG}</p><p>{LONG}</p>", text="See the HTML. {{ unsubscribe_url }}")) == [
        ("warning", "text")
    ]
    begins = make_content(
        html=f"<p>View this in your browser</p><p>{LONG}</p>{UNSUBSCRIBE}", unsubscribe_url="https://e.com/u"
    )
    assert rules(letter_findings(read_letter(render(begins).data))) == [("warning", "preheader")]
    only = make_content(
        html=f'<img alt="All" src="https://e.com/a.png">{UNSUBSCRIBE}', unsubscribe_url="https://e.com/u"
    )
    assert {rule for _, rule in rules(letter_findings(read_letter(render(only).data)))} == {"images", "preheader"}


def test_links_to_follow_are_those_on_https_once_each() -> None:
    html = '<a href="https://a.com/">1</a><a href="http://b.com/">2</a><a href="https://a.com/">3</a>'
    letter = read_letter(render(make_content(html=html)).data)
    assert web_links(letter) == ["https://a.com/"]


@given(html=st.text(alphabet=st.sampled_from("<>a/=\"' hrefimgsc:#."), max_size=200))
def test_whatever_stands_there_is_judged(html: str) -> None:
    letter = read_letter(render(make_content(html=html + "x")).data)
    assert all(finding.sentence and finding.cure for finding in letter_findings(letter))
