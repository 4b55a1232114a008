"""MJML into HTML: compiled once, when it is stored or checked. The tags of the template come through as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from string import ascii_lowercase

import mjml

from paceline.content.mjml_structure import MOST_COMPLAINTS, Fault, faults_of
from paceline.content.template.hidden_tags import MARK, hide_tags, show_tags
from paceline.content.template.nodes import Complaint

LONGEST_MJML = 250_000
"""Characters of a document."""

LONGEST_HTML = 500_000
"""Characters of what becomes of it."""

_POSITION = re.compile(r" in root template(?: at position (\d+):\d+)?$")

_TAG_OR_SIGN = re.compile(r"""(<!--.*?-->|<(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)|>""", re.DOTALL)
"""A ">" in a text, which the compiler stumbles over behind some letters that are not ASCII."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The template of an HTML body; empty with complaints, whose lines are those of the MJML."""

    html: str
    complaints: tuple[Complaint, ...] = ()


@lru_cache(maxsize=8)
def compile_mjml(source: str) -> Compiled:
    """Compile a document. Reads no files and fetches nothing: ``mj-include`` is refused, and no fonts are added.

    A template tag where MJML keeps no text, such as in a width, is a complaint: it would be lost.
    """
    if len(source) > LONGEST_MJML:
        return Compiled("", (Complaint(1, f"it has {len(source)} characters; at most {LONGEST_MJML} are accepted"),))
    marked, tags = hide_tags(source)
    if faults := faults_of(marked):
        return Compiled("", tuple(_complaint(fault, marked, tags) for fault in faults))
    word = _word_for_tags(marked)
    named = MARK.sub(lambda mark: f"{word}{mark[1]}e", marked)
    named = _TAG_OR_SIGN.sub(lambda found: found[1] or f"{word}e", named)
    try:
        html = mjml.mjml2html(named, fonts={})
    except ValueError as error:
        return Compiled("", (_complaint(_fault_of(str(error), named, marked), marked, tags),))
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's panics, whose class cannot be imported
            raise
        message = "the compiler gives up on it: look for a sign too much beside a tag, or leave parts out to find it"
        return Compiled("", (Complaint(1, message),))
    if lost := tuple(islice(_lost_tags(marked, html, word, tags), MOST_COMPLAINTS)):
        return Compiled("", lost)
    html = re.sub(rf"{word}(\d*)e", lambda name: tags[int(name[1])] if name[1] else ">", html)
    if len(html) > LONGEST_HTML:
        message = f"the HTML made of it has {len(html)} characters; at most {LONGEST_HTML} are accepted"
        return Compiled("", (Complaint(1, message),))
    return Compiled(html)


def _word_for_tags(marked: str) -> str:
    """Letters that no text of the document has: marks of other characters would be percent-encoded in addresses."""
    taken = set(re.findall("templatetag(?=([a-z]{4}))", marked))
    every = map("".join, product(ascii_lowercase, repeat=4))  # more of them than a document has characters
    return "templatetag" + next(letters for letters in every if letters not in taken)


def _fault_of(message: str, named: str, marked: str) -> Fault:
    """What the compiler says; its positions are bytes of what it was given."""
    found = _POSITION.search(message)
    before = named.encode()[: int(found[1])].decode(errors="ignore") if found is not None and found[1] else ""
    lines = before.count("\n")
    position = sum(len(line) for line in marked.splitlines(keepends=True)[:lines])
    return Fault(position, f"it cannot be compiled: {_POSITION.sub('', message)}")


def _complaint(fault: Fault, marked: str, tags: list[str]) -> Complaint:
    return Complaint(show_tags(marked[: fault.position], tags).count("\n") + 1, fault.message)


def _lost_tags(marked: str, html: str, word: str, tags: list[str]) -> Iterator[Complaint]:
    """Tags of the template that did not come through."""
    kept = set(re.findall(rf"{word}(\d+)e", html))
    for mark in MARK.finditer(marked):
        if mark[1] not in kept:
            message = f"{tags[int(mark[1])][:60]} stands where MJML keeps no text: put it into an mj-text or mj-raw"
            yield _complaint(Fault(mark.start(), message), marked, tags)
