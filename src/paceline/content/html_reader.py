"""HTML into tags and text, in one pass and in linear time whatever stands there (html.parser can be quadratic)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_LOOSE_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")  # with a quote too few
_ATTRIBUTE = re.compile(r"""([^\s=/"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"']++)))?+""")
_END_OF_STYLE = re.compile(r"</(?:style|script)\b", re.IGNORECASE)
_MOST_BAD_QUOTES = 100


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening or closing tag, its names in lower case."""

    name: str
    closes: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def read_html(source: str) -> Iterator[Tag | str]:
    """Tags and the text between them, entities resolved. Comments, declarations, scripts and styles are left out."""
    source = _without(_without(_without(source, "<!--", "-->"), "<!", ">"), "<?", ">")
    position, start, bad_quotes = 0, 0, 0
    while (position := source.find("<", position)) >= 0:
        match = _TAG.match(source, position) if bad_quotes < _MOST_BAD_QUOTES else None
        if match is None:
            match = _LOOSE_TAG.match(source, position)
            bad_quotes += 1
        if match is None:
            position += 1  # a "<" that is only text
            continue
        if start < position:
            yield html.unescape(source[start:position])
        tag = Tag(match[2].lower(), match[1] == "/", _read_attributes(match[3]))
        yield tag
        position = start = match.end()
        if tag.name in ("script", "style") and not tag.closes:
            end = _END_OF_STYLE.search(source, position)
            position = start = len(source) if end is None else end.start()
    if source[start:]:
        yield html.unescape(source[start:])


def _read_attributes(text: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        attributes.setdefault(match[1].lower(), html.unescape(match[2] or match[3] or match[4] or ""))
    return attributes


def _without(source: str, opening: str, closing: str) -> str:
    """Leave out everything between two marks; what is opened and never closed is text."""
    parts, position = [], 0
    while (start := source.find(opening, position)) >= 0:
        end = source.find(closing, start + len(opening))
        if end < 0:
            break
        parts.append(source[position:start])
        position = end + len(closing)
    return "".join([*parts, source[position:]])
