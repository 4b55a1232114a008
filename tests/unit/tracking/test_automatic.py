"""Requests as they come from mail programs, filters, proxies and people, and what each is taken for."""

from __future__ import annotations

import pytest

from paceline.domain.fact import Doer, FactKind
from paceline.tracking.automatic import RULES, Request, recognise

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; Microsoft Outlook 16.0.17628; ms-office)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0"

PEOPLE = [
    (FactKind.CLICKED, CHROME),
    (FactKind.CLICKED, IPHONE),
    (FactKind.OPENED, IPHONE),
    (FactKind.OPENED, GMAIL),
    (FactKind.OPENED, YAHOO),
    (FactKind.OPENED, OUTLOOK),
    (FactKind.OPENED, THUNDERBIRD),
    (FactKind.CLICKED, "Mozilla/5.0"),
]


@pytest.mark.parametrize(("kind", "agent"), PEOPLE)
def test_people_are_people(kind: FactKind, agent: str) -> None:
    request = Request(kind=kind, address="203.0.113.9", headers={"user-agent": agent}, seconds_after_sending=300.0)
    assert recognise(request) == (Doer.PERSON, None)


AGENTS = [
    ("Mozilla/5.0", FactKind.OPENED, Doer.PROXY, "Apple mail privacy"),
    ("", FactKind.CLICKED, Doer.SCANNER, "no user agent"),
    ("Barracuda Sentinel (EE)", FactKind.CLICKED, Doer.SCANNER, "mail filter"),
    ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", FactKind.CLICKED, Doer.SCANNER, "mail filter"),
    ("Mimecast-Scanner/1.0", FactKind.CLICKED, Doer.SCANNER, "mail filter"),
    ("Microsoft Office Existence Discovery", FactKind.CLICKED, Doer.SCANNER, "Microsoft link check"),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", FactKind.CLICKED, Doer.PREFETCH, "preview of a messenger"),
    ("WhatsApp/2.23.20.0", FactKind.CLICKED, Doer.PREFETCH, "preview of a messenger"),
    ("facebookexternalhit/1.1", FactKind.CLICKED, Doer.PREFETCH, "preview of a messenger"),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", FactKind.CLICKED, Doer.SCANNER, "crawler"),
    ("Mozilla/5.0 (compatible; YandexBot/3.0)", FactKind.CLICKED, Doer.SCANNER, "crawler"),
    ("curl/8.5.0", FactKind.CLICKED, Doer.SCANNER, "program without a reader"),
    ("python-requests/2.32.3", FactKind.OPENED, Doer.SCANNER, "program without a reader"),
    ("Go-http-client/2.0", FactKind.CLICKED, Doer.SCANNER, "program without a reader"),
    (CHROME.replace("Chrome/", "HeadlessChrome/"), FactKind.CLICKED, Doer.SCANNER, "program without a reader"),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "kind", "doer", "rule"), AGENTS)
def test_programs_say_what_they_are(agent: str, kind: FactKind, doer: Doer, rule: str) -> None:
    assert recognise(Request(kind=kind, headers={"user-agent": agent})) == (doer, rule)


HINTS = [
    ({"method": "HEAD"}, "HEAD request"),
    ({"headers": {"user-agent": CHROME, "sec-purpose": "prefetch;prerender"}}, "prefetch header"),
    ({"headers": {"user-agent": CHROME, "purpose": "prefetch"}}, "prefetch header"),
    ({"headers": {"user-agent": CHROME, "x-moz": "prefetch"}}, "prefetch header"),
    ({"headers": {"user-agent": CHROME, "x-purpose": "preview"}}, "prefetch header"),
    ({"address": "40.107.20.5"}, "network of Microsoft's mail filter"),
    ({"address": "::ffff:104.47.1.1"}, "network of Microsoft's mail filter"),
    ({"address": "2a01:111:f400:7eaf::1"}, "network of Microsoft's mail filter"),
    ({"address": "67.231.150.1"}, "network of a mail filter"),
    ({"seconds_after_sending": 0.4}, "clicked sooner than anybody reads"),
]


@pytest.mark.parametrize(("more", "rule"), HINTS)
def test_browser_of_a_program_is_given_away(more: dict[str, object], rule: str) -> None:
    usual = {"kind": FactKind.CLICKED, "headers": {"user-agent": CHROME}, "address": "203.0.113.9"}
    doer, found = recognise(Request(**{**usual, **more}))  # type: ignore[arg-type]  # of a test
    assert (doer is Doer.PERSON, found) == (False, rule)


def test_opens_by_apple_are_its_proxy_and_clicks_from_there_are_people() -> None:
    apple = {"address": "17.58.0.1", "headers": {"user-agent": IPHONE}}
    assert recognise(Request(kind=FactKind.OPENED, **apple)) == (Doer.PROXY, "network of Apple")  # type: ignore[arg-type]  # of a test
    assert recognise(Request(kind=FactKind.CLICKED, **apple))[0] is Doer.PERSON  # type: ignore[arg-type]  # of a test


@pytest.mark.parametrize("seconds", [None, 60.0, -3600.0])
def test_moment_says_nothing_when_it_is_unknown_late_or_before_the_sending(seconds: float | None) -> None:
    headers = {"user-agent": CHROME}
    request = Request(kind=FactKind.CLICKED, headers=headers, seconds_after_sending=seconds, address="no address")
    assert recognise(request)[0] is Doer.PERSON


def test_every_rule_has_a_name_and_calls_nobody_a_person() -> None:
    for rule in RULES:
        assert rule.name
        assert rule.doer is not Doer.PERSON
