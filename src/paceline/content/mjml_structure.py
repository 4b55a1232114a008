"""What is wrong with an MJML document before it is compiled: the compiler names neither lines nor words, and no depth is too deep for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

DEEPEST = 60
"""Elements inside one another: the compiler works recursively, on a stack that it does not watch."""

MOST_COMPLAINTS = 20

_COMPONENTS = (
    *("mj-head", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font", "mj-preview", "mj-style"),
    *("mj-title", "mj-body", "mj-raw", "mj-section", "mj-wrapper", "mj-column", "mj-group", "mj-hero", "mj-text"),
    *("mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-social", "mj-social-element", "mj-navbar"),
    *("mj-navbar-link", "mj-accordion", "mj-accordion-element", "mj-accordion-title", "mj-accordion-text"),
    *("mj-carousel", "mj-carousel-image"),
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_OPENING = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:_-]*+)")
_ATTRIBUTES = re.compile(r"""(?:\s++[A-Za-z_:@][A-Za-z0-9_:.@-]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'))?+)*+\s*+(/?)>""")
_INCLUDE = "it reads another file, which does not happen here: put what it would read in its place"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong at a place of the source."""

    position: int
    message: str


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    position: int


def faults_of(source: str) -> list[Fault]:
    """What is wrong with the tags of a document whose template tags are hidden; some of it, when it is much."""
    found: list[Fault] = []
    for fault in _Reader(source).read():
        found.append(fault)
        if len(found) >= MOST_COMPLAINTS:
            break
    return found


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._open: list[_Open] = []
        self._names: set[str] = set()

    def read(self) -> Iterator[Fault]:
        """Every fault, up to one after which nothing more can be told."""
        position = 0
        while (position := self._source.find("<", position)) >= 0:
            if self._source.startswith("<!--", position):
                end = self._source.find("-->", position)
                if end < 0:
                    yield Fault(position, "the comment is never closed with -->")
                    return
                position = end + 3
                continue
            opening = _OPENING.match(self._source, position)
            if opening is None:
                yield Fault(position, 'a "<" that begins no tag: write &lt; for the sign, and leave out <! and <?')
                return
            rest = _ATTRIBUTES.match(self._source, opening.end())
            if rest is None:
                yield Fault(
                    position,
                    f'what follows <{opening[1]}{opening[2]} cannot be read: attributes are written name="value"',
                )
                return
            fatal, faults = self._tag(opening[2], position, closes=opening[1] == "/", alone=rest[1] == "/")
            yield from faults
            if fatal:
                return
            position = rest.end()
        yield from (Fault(one.position, f"<{one.name}> is never closed") for one in self._open)
        if not self._open and "mj-body" not in self._names:
            yield Fault(0, "there is no <mj-body> in it, with what people see")

    def _tag(self, name: str, position: int, *, closes: bool, alone: bool) -> tuple[bool, list[Fault]]:
        """Whether reading ends here, and what is wrong with one tag."""
        if closes:
            return self._closing(name, position)
        faults = [Fault(position, message) for message in self._name_faults(name)]
        self._names.add(name)
        if not alone and name not in _VOID:
            self._open.append(_Open(name, position))
        if len(self._open) > DEEPEST:
            return True, [*faults, Fault(position, f"elements are nested more than {DEEPEST} deep")]
        return False, faults

    def _name_faults(self, name: str) -> Iterator[str]:
        if not self._open and (name != "mjml" or "mjml" in self._names):
            yield f"<{name}> stands outside of <mjml>: a document is one <mjml> with everything in it"
        if name == "mj-include":
            yield f"<mj-include> is not available: {_INCLUDE}"
        elif name.lower().startswith("mj-") and name not in _COMPONENTS:
            close = get_close_matches(name.lower(), _COMPONENTS, n=1)
            yield f"there is no <{name}>" + (f"; did you mean <{close[0]}>?" if close else "")

    def _closing(self, name: str, position: int) -> tuple[bool, list[Fault]]:
        if name in _VOID:
            return False, [Fault(position, f"</{name}> has no place: <{name}> has no end")]
        if not self._open:
            return True, [Fault(position, f"</{name}> closes nothing")]
        if self._open[-1].name != name:
            return True, [Fault(self._open[-1].position, f"<{self._open[-1].name}> is not closed before </{name}>")]
        self._open.pop()
        return False, []
