"""The tags of a template hidden from whoever reads its HTML: each becomes a mark, and comes back afterwards."""

from __future__ import annotations

import re

_TEMPLATE_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)
MARK = re.compile("\ufdd0(\\d+)\ufdd1")
"""A hidden tag: noncharacters, which no text may hold, around its number."""


def hide_tags(source: str) -> tuple[str, list[str]]:
    """The source with a mark in the place of each tag, its line breaks made "\\n", and the tags by number."""
    tags: list[str] = []

    def mark(match: re.Match[str]) -> str:
        tags.append(match[0])
        return f"\ufdd0{len(tags) - 1}\ufdd1"

    marked = source.replace("\ufdd0", "").replace("\ufdd1", "").replace("\r\n", "\n").replace("\r", "\n")
    return _TEMPLATE_TAG.sub(mark, _RAW.sub(mark, marked)), tags


def show_tags(marked: str, tags: list[str]) -> str:
    """What ``hide_tags`` hid is back in its place."""
    return MARK.sub(lambda match: tags[int(match[1])], marked)
