"""Tags: words by which people put accounts into groups."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TAG = re.compile(r"[\w.:-]{1,40}")
_MOST_TAGS = 20
ACCEPTED = "letters, digits and . : _ -, up to 40 of them"


def read_tags(words: Iterable[object]) -> tuple[str, ...]:
    """The tags of a list, each once and in order. Raises ValueError with a sentence."""
    found = {word for word in words if word != ""}
    for word in found:
        if not isinstance(word, str) or not _TAG.fullmatch(word):
            raise ValueError(f"a tag accepts {ACCEPTED}, got {str(word)[:60]!r}")
    if len(found) > _MOST_TAGS:
        raise ValueError(f"accepts {_MOST_TAGS} tags at most, got {len(found)}")
    return tuple(sorted(map(str, found)))
