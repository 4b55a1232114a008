"""Tracked links: the links of a content are found once, and each message gets its own tokens in their place.

Where a link leads is kept by number and never stands in the tracked link. A link is only tracked when its host is
written out: no contact may choose where a redirect leads. Everything else (mailto, tel, anchors, the unsubscribe link)
stays as it is.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from paceline.content.encodings import Part
from paceline.content.template.hidden_tags import hide_tags, show_tags
from paceline.content.template.parser import parse
from paceline.content.template.scope import PAGES, TOKEN, Surroundings
from paceline.content.templates import Source, Templates
from paceline.domain.tokens import MOST_NUMBERS, Purpose

OPEN_PATH = "/t/o/"
CLICK_PATH = "/t/c/"
UNSUBSCRIBE_PATH = "/u/"
SUBSCRIBE_PATH = "/subscribe/"
CONFIRM_PATH = "/confirm/"
VIEW_PATH, PREFERENCES_PATH = (path for _, path in PAGES.values())

OPEN, UNSUBSCRIBE, CLICK = "open", "unsubscribe", "click"
"""Names of tokens in a template; that of a click is followed by the link's number."""

LONGEST_TARGET = 4000

_ANCHOR = re.compile(r"<(?:a|area)(?=[\s/])", re.IGNORECASE)
_REST_OF_TAG = re.compile(r"""((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/"'>]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?+""")
_END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)
_BARE_URL = re.compile(r"https?://[^\s<>\"'\]})]+", re.IGNORECASE)
_END_OF_SENTENCE = ".,;:!?"
_HOST_WRITTEN_OUT = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*+(?::\d{1,5})?+(?P<rest>[/?#].*)?", re.I | re.DOTALL
)
_BASE_URL = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?(?:/[A-Za-z0-9._~-]+)*/?")
_LONGEST_BASE_URL = 200
_MOST_BAD_TAGS = 100
_SAFE = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986 section 2.2, and what is percent-encoded already


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedContent:
    """Bodies whose links are tokens, and where the links lead by number: URLs, some of them templates."""

    html: str
    text: str | None
    targets: tuple[str, ...]


class LinkTarget:
    """Where one link leads. Compiled once."""

    def __init__(self, template: str, surroundings: Surroundings) -> None:
        self._plain = template if "{" not in template else None
        self._templates: Templates | None = None
        if self._plain is None:
            source = Source(part=Part.SUBJECT, template=template)
            self._templates = Templates((source,), surroundings, missing_is_empty=True)

    @property
    def needs_contact(self) -> bool:
        """Whether fields of the contact stand in its path or query."""
        return self._plain is None

    def url(self, address: str = "", fields: Mapping[str, str] | None = None) -> str:
        """The URL for one contact, fit for a Location header. Raises ContentError."""
        url = self._plain
        if self._templates is not None:
            url = self._templates.render(address, fields or {})[0]
        return quote(str(url), safe=_SAFE)


def check_base_url(base_url: str) -> str | None:
    """What is wrong with the beginning of all tracked links, in words."""
    if _BASE_URL.fullmatch(base_url) is None or len(base_url) > _LONGEST_BASE_URL:
        return "it must be a URL such as https://news.example.com, without query, and not a template"
    return None


def token_tag(name: str) -> str:
    """The template's tag that prints a token of the message."""
    return f'{{{{ contact["\\u{ord(TOKEN):04x}{name}"] }}}}'


def place_of(name: str) -> int:
    """The place (see domain/tokens.py) of a token by its name in a template."""
    if name.startswith(CLICK):
        return Purpose.CLICK + int(name.removeprefix(CLICK))
    return Purpose[name.upper()]


def link_targets(html: str, text: str | None) -> tuple[str, ...]:
    """Where the links of a content lead, by number. The same for the same content, always."""
    return track(html, text, base_url="").targets


def track(
    html: str, text: str | None, *, base_url: str, clicks: bool = True, opens: bool = True, text_clicks: bool = False
) -> TrackedContent:
    """Put tokens in the place of links, and a pixel at the end of the HTML.

    Links get the same numbers whatever is switched off: those of the HTML first, then those of the text.
    """
    numbers = _Numbers(base_url.rstrip("/"))
    tracked_html = _track_html(html, numbers)
    tracked_text = None if text is None else _track_text(text, numbers)
    if not clicks:
        tracked_html = html
    if not clicks or not text_clicks:
        tracked_text = text
    if opens and html:
        tracked_html = _with_pixel(tracked_html, numbers.base_url)
    return TrackedContent(html=tracked_html, text=tracked_text, targets=tuple(numbers.by_target))


class _Numbers:
    """Numbers given to targets in the order in which they are met; the same target has one number."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.by_target: dict[str, int] = {}

    def tracked(self, marked_url: str, tags: list[str]) -> str | None:
        """The tracked link in the place of a URL; None for one that stays as it is."""
        marked_url = marked_url.strip()
        host = _HOST_WRITTEN_OUT.fullmatch(marked_url)
        if host is None or len(self.by_target) >= MOST_NUMBERS:
            return None
        target = show_tags(marked_url, tags)
        if len(target) > LONGEST_TARGET or (target != marked_url and not _renders_alone(target)):
            return None
        number = self.by_target.setdefault(target, len(self.by_target))
        return f"{self.base_url}{CLICK_PATH}{token_tag(f'{CLICK}{number}')}"


def _renders_alone(target: str) -> bool:
    """Whether a URL needs nothing but fields of the contact: what is set elsewhere in the template is not known later."""
    return not parse(target, surroundings=Surroundings(), slots={}, prefix="l_").complaints


def _track_html(html: str, numbers: _Numbers) -> str:
    marked, tags = hide_tags(html)
    parts, position, bad_tags = [], 0, 0
    for anchor in _ANCHOR.finditer(marked):
        rest = _REST_OF_TAG.match(marked, anchor.end()) if bad_tags < _MOST_BAD_TAGS else None
        if rest is None:
            bad_tags += 1
            continue
        for attribute in _ATTRIBUTE.finditer(marked, rest.start(1), rest.end(1)):
            if attribute[1].lower() != "href" or not attribute[2]:
                continue
            tracked = numbers.tracked(html_entities.unescape(attribute[2].strip("\"'")), tags)
            if tracked is not None and attribute.start(2) >= position:
                parts += [marked[position : attribute.start(2)], f'"{tracked}"']
                position = attribute.end(2)
            break
    return show_tags("".join([*parts, marked[position:]]), tags)


def _track_text(text: str, numbers: _Numbers) -> str:
    marked, tags = hide_tags(text)

    def replace(match: re.Match[str]) -> str:
        url = match[0].rstrip(_END_OF_SENTENCE)
        tracked = numbers.tracked(url, tags)
        return match[0] if tracked is None else tracked + match[0][len(url) :]

    return show_tags(_BARE_URL.sub(replace, marked), tags)


def _with_pixel(html: str, base_url: str) -> str:
    pixel = f'<img src="{base_url}{OPEN_PATH}{token_tag(OPEN)}" width="1" height="1" alt="" style="border:0">'
    ends = list(_END_OF_BODY.finditer(html))
    end = ends[-1].start() if ends else len(html)
    return f"{html[:end]}{pixel}{html[end:]}"
