"""The tags of a template hidden from whoever reads its HTML: each becomes a mark, and comes back afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_OPENING = re.compile(r"\{[{%#]")
_CLOSINGS = {opening: re.compile(re.escape(closing)) for opening, closing in (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))}
_RAW = re.compile(r"\{%[-+]?\s*+raw\s*+[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?\s*+endraw\s*+[-+]?%\}")
MARK = re.compile("\ufdd0(\\d+)\ufdd1")
"""A hidden tag: noncharacters, which no text may hold, around its number."""


def hide_tags(source: str) -> tuple[str, list[str]]:
    """The source with a mark in the place of each tag, its line breaks made "\\n", and the tags by number.

    Linear in the length of the source, whatever it holds.
    """
    tags: list[str] = []

    def mark(tag: str) -> str:
        tags.append(tag)
        return f"\ufdd0{len(tags) - 1}\ufdd1"

    marked = source.replace("\ufdd0", "").replace("\ufdd1", "").replace("\r\n", "\n").replace("\r", "\n")
    marked = _replaced(marked, _RAW, lambda raw: _END_RAW, mark)
    return _replaced(marked, _OPENING, _CLOSINGS.__getitem__, mark), tags


def show_tags(marked: str, tags: list[str]) -> str:
    """What ``hide_tags`` hid is back in its place."""
    return MARK.sub(lambda match: tags[int(match[1])], marked)


def _replaced(
    source: str, opening: re.Pattern[str], closing_of: Callable[[str], re.Pattern[str]], replace: Callable[[str], str]
) -> str:
    """The source with everything from an opening to the first closing behind it replaced."""

    def pieces() -> Iterator[str]:
        position = kept = 0
        never = set[
            re.Pattern[str]
        ]()  # looked for once, to the end: one expression for both would look from each opening
        while (begun := opening.search(source, position)) is not None:
            closing = closing_of(begun[0])
            ended = None if closing in never else closing.search(source, begun.end())
            if ended is None:
                never.add(closing)
                position = begun.start() + 1
                continue
            yield source[kept : begun.start()]
            yield replace(source[begun.start() : ended.end()])
            position = kept = ended.end()
        yield source[kept:]

    return "".join(pieces())
