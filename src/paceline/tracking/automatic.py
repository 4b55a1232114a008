"""Who opened or clicked: rules that recognise programs, in one table. The first that applies is kept with the fact.

Programs between us and the reader open and follow everything: filters that look for harm, mail programs that load
ahead, services that hide their readers. None of them is the recipient, and none may be counted as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from paceline.domain.fact import Doer, FactKind

MANY_LINKS = 3
"""So many different links of one message …"""

MANY_LINKS_SECONDS = 1.0
"""… within so long are not followed by a person."""

MANY_LINKS_RULE = "many links within a second"

CLICK_TOO_SOON_SECONDS = 2.0
OPEN_TOO_SOON_SECONDS = 1.0
_CLOCKS_APART_SECONDS = 5.0  # of the machines that send and that are asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for a pixel or a tracked link. Header names are in lower case."""

    kind: FactKind
    method: str = "GET"
    address: str = ""
    """The client's network address, "" when it is not known."""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds_after_sending: float | None = None
    """None: not known."""

    @property
    def user_agent(self) -> str:
        """What the client says it is."""
        return self.headers.get("user-agent", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What it recognises, by its name, and the test."""

    name: str
    doer: Doer
    applies: Callable[[Request], bool]


def recognise(request: Request) -> tuple[Doer, str | None]:
    """Who it was, and the rule that said so; a person when none did."""
    for rule in RULES:
        if rule.applies(request):
            return rule.doer, rule.name
    return Doer.PERSON, None


def _says(*patterns: str) -> Callable[[Request], bool]:
    """The user agent holds one of these words."""
    expression = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda request: expression.search(request.user_agent) is not None


def _sends(name: str, pattern: str) -> Callable[[Request], bool]:
    """A header holds this word."""
    expression = re.compile(pattern, re.IGNORECASE)
    return lambda request: expression.search(request.headers.get(name, "")) is not None


def _comes_from(*networks: str) -> Callable[[Request], bool]:
    """The address lies in one of these networks."""
    known = [ip_network(network) for network in networks]

    def test(request: Request) -> bool:
        address = _parsed(request.address)
        return address is not None and any(address in network for network in known)

    return test


@lru_cache(maxsize=10_000)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _opens(test: Callable[[Request], bool]) -> Callable[[Request], bool]:
    return lambda request: request.kind is FactKind.OPENED and test(request)


def _sooner_than(seconds: float, kind: FactKind) -> Callable[[Request], bool]:
    """Nobody reads that fast."""

    def test(request: Request) -> bool:
        after = request.seconds_after_sending
        return request.kind is kind and after is not None and -_CLOCKS_APART_SECONDS < after < seconds

    return test


# The networks are those that their owners publish, or have as their whole allocation.
RULES: tuple[Rule, ...] = (
    Rule(name="HEAD request", doer=Doer.SCANNER, applies=lambda request: request.method == "HEAD"),
    Rule(name="prefetch header", doer=Doer.PREFETCH, applies=_sends("sec-purpose", "prefetch|prerender|preview")),
    Rule(name="prefetch header", doer=Doer.PREFETCH, applies=_sends("purpose", "prefetch|prerender|preview")),
    Rule(name="prefetch header", doer=Doer.PREFETCH, applies=_sends("x-purpose", "prefetch|prerender|preview|instant")),
    Rule(name="prefetch header", doer=Doer.PREFETCH, applies=_sends("x-moz", "prefetch")),
    Rule(
        name="Apple mail privacy",  # the proxy calls itself Mozilla/5.0 and nothing more
        doer=Doer.PROXY,
        applies=_opens(lambda request: request.user_agent.strip() == "Mozilla/5.0"),
    ),
    Rule(name="network of Apple", doer=Doer.PROXY, applies=_opens(_comes_from("17.0.0.0/8", "2620:149::/32"))),
    Rule(name="no user agent", doer=Doer.SCANNER, applies=lambda request: not request.user_agent.strip()),
    Rule(
        name="mail filter",
        doer=Doer.SCANNER,
        applies=_says(
            "barracuda", "proofpoint", "mimecast", "messagelabs", "symantec", "ironport", "fireeye", "trellix",
            "forcepoint", "websense", "sophos", "trend ?micro", "zscaler", "cloudmark", "bitdefender", "kaspersky",
            "mcafee", "fortiguard", "avanan", "area ?1 security", "hornetsecurity", "spamtitan", "vade", "checkpoint",
            "palo ?alto", "urldefense", "safelinks", "linkvalidator", "anti-?virus", "antispam", "phish",
        ),
    ),
    Rule(
        name="Microsoft link check",
        doer=Doer.SCANNER,
        applies=_says("existence discovery", "protocol discovery", "msoffice.*(?:existence|discovery)", "bingpreview"),
    ),
    Rule(
        name="network of Microsoft's mail filter",  # Exchange Online Protection, where Safe Links works
        doer=Doer.SCANNER,
        applies=_comes_from(
            "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17",
            "2a01:111:f400::/48", "2a01:111:f403::/48",
        ),
    ),
    Rule(
        name="network of a mail filter",
        doer=Doer.SCANNER,
        applies=_comes_from(
            "64.235.144.0/20", "209.222.80.0/21",  # Barracuda
            "67.231.144.0/20", "148.163.128.0/19",  # Proofpoint
            "205.139.110.0/24", "207.211.30.0/24",  # Mimecast
        ),
    ),
    Rule(
        name="preview of a messenger",
        doer=Doer.PREFETCH,
        applies=_says(
            "facebookexternalhit", "facebot", "slackbot", "slack-imgproxy", "twitterbot", "linkedinbot", "whatsapp/",
            "telegrambot", "discordbot", "skypeuripreview", "microsoftpreview", "teams.*preview", "viber", "snapchat",
            "pinterestbot", "iframely", "embedly",
        ),
    ),
    Rule(
        name="crawler",
        doer=Doer.SCANNER,
        applies=_says(
            r"bot\b", r"bot/", "crawl", "spider", "slurp", "google-safety", "googleother", "apis-google",
            "mediapartners", "feedfetcher", "uptime", "monitor", "archiver", "scrapy", "validator", "checker",
        ),
    ),
    Rule(
        name="program without a reader",
        doer=Doer.SCANNER,
        applies=_says(
            "^curl/", "^wget", "python", "aiohttp", "httpx", "go-http-client", "okhttp", "java/", "apache-httpclient",
            "libwww", "^perl", "^ruby", "faraday", "guzzle", "^php", "axios", "node-fetch", "undici", "^node",
            "headless", "phantomjs", "puppeteer", "playwright", "selenium", "winhttp", "^microsoft-cryptoapi",
            "^lua", "^rust", "reqwest", "^dart", "httpclient", "libcurl", "postman",
        ),
    ),
    Rule(
        name="clicked sooner than anybody reads",
        doer=Doer.SCANNER,
        applies=_sooner_than(CLICK_TOO_SOON_SECONDS, FactKind.CLICKED),
    ),
    Rule(
        name="opened at delivery",
        doer=Doer.PREFETCH,
        applies=_sooner_than(OPEN_TOO_SOON_SECONDS, FactKind.OPENED),
    ),
)  # fmt: skip
