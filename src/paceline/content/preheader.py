"""The preheader: the line that an inbox shows behind the subject, hidden at the beginning of an HTML body."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterator
from itertools import islice

from paceline.content.template.hidden_tags import MARK, hide_tags, show_tags

LONGEST_PREHEADER = 1000
"""Characters of its template; inboxes show 40 to 140 of what it becomes."""

_STYLE = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;mso-hide:all"
_PADDING = "&#8199;&#847;" * 60  # spaces of no words: without them the body's first words would follow in the inbox
_BODY = re.compile(r"<body(?=[\s/>])", re.IGNORECASE)
_REST_OF_TAG = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_MOST_BAD_TAGS = 100  # whose quotes never end: each is looked through to the end
_HEAD_ENDS = re.compile(r"</head\s*>", re.IGNORECASE)
_BEGINNING = re.compile(r"\s*(?:<!doctype[^>]*+>\s*)?(?:<html(?=[\s>])[^>]*+>)?", re.IGNORECASE)


def with_preheader(html: str, preheader: str) -> str:
    """The template of an HTML body with that of a preheader in it, on the same line as what it follows.

    Text of the preheader is escaped; its tags stay, and print as tags of the HTML do. Nothing changes without one.
    """
    if not preheader.strip() or not html.strip():
        return html
    marked, tags = hide_tags(html)
    place = _beginning_of_body(marked)
    hidden = f'<div style="{_STYLE}" aria-hidden="true">{_escaped(preheader.strip())}{_PADDING}</div>'
    return f"{show_tags(marked[:place], tags)}{hidden}{show_tags(marked[place:], tags)}"


def check_preheader(preheader: str, html: str, text: str | None) -> Iterator[str]:
    """What is wrong with a preheader beside these bodies, in words."""
    given = preheader.strip()
    if len(given.splitlines()) > 1:
        yield "it has more than one line"
    if len(given) > LONGEST_PREHEADER:
        yield f"it has {len(given)} characters; at most {LONGEST_PREHEADER} are accepted"
    if given and (text or "").strip() and not html.strip():
        yield "it stands in the HTML, and there is only a text: give html as well, or begin the text with it"


def _beginning_of_body(marked: str) -> int:
    """Behind <body>; where there is none behind the head, or what else stands in front."""
    without_comments = _blanked(marked)
    for body in islice(_BODY.finditer(without_comments), _MOST_BAD_TAGS):
        if (rest := _REST_OF_TAG.match(without_comments, body.end())) is not None:
            return rest.end()
    if (head := _HEAD_ENDS.search(without_comments)) is not None:
        return head.end()
    beginning = _BEGINNING.match(without_comments)
    return 0 if beginning is None else len(marked[: beginning.end()].rstrip())


def _blanked(marked: str) -> str:
    """The same with its comments blank, so that every place stays where it is."""
    parts, position = [], 0
    while (start := marked.find("<!--", position)) >= 0:
        end = marked.find("-->", start + 4)
        if end < 0:
            break
        parts += [marked[position:start], " " * (end + 3 - start)]
        position = end + 3
    return "".join([*parts, marked[position:]])


def _escaped(preheader: str) -> str:
    marked, tags = hide_tags(preheader)
    pieces = MARK.split(html_entities.escape(marked))
    return "".join(_tag(tags[int(piece)]) if place % 2 else piece for place, piece in enumerate(pieces))


def _tag(tag: str) -> str:
    """A tag as it stands; what is raw is text, and escaped like text."""
    is_raw = tag.startswith("{%") and tag.lstrip("{%-+ \t\n").startswith("raw")
    return html_entities.escape(tag) if is_raw else tag
