"""The names that a template can use at some place, and what was found wrong with it so far."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from paceline.content.template.filters import LONGEST_NUMBER
from paceline.content.template.lexer import TemplateSyntaxError
from paceline.content.template.nodes import (
    Complaint,
    Field,
    Kind,
    Literal,
    Node,
    PageAddress,
    Reference,
    Size,
    Variable,
)
from paceline.domain.tokens import TOKEN_LENGTH

_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LOOP = {
    "index": Kind.NUMBER,
    "index0": Kind.NUMBER,
    "revindex": Kind.NUMBER,
    "length": Kind.NUMBER,
    "first": Kind.TRUTH,
    "last": Kind.TRUTH,
}
MOST_COMPLAINTS = 20
"""After so many a template is not read any further."""

TOKEN = "\0"
"""Names that begin so are tokens of the message: written by Paceline itself, and no field of a contact."""

UNSUBSCRIBE_URL = ""
"""The name under which the URL has its slot: no field of a contact has it."""

PAGES = {"view_in_browser_url": ("view", "/v/"), "preferences_url": ("preferences", "/p/")}
"""Names of links to pages of Paceline's own: the token in each, and where its path begins."""

RESERVED = (
    "contact",
    "campaign",
    "loop",
    "unsubscribe_url",
    *PAGES,
    "true",
    "false",
    "not",
    "and",
    "or",
    "in",
    "is",
    "if",
    "else",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a template can use besides the contact: constants of the campaign, the fields that it is given."""

    campaign_key: str = ""
    campaign_name: str = ""
    unsubscribe_url: Size | None = None
    """The size of the unsubscribe URL; None where there is none."""
    base_url: str = ""
    """Where the pages of ``PAGES`` are, without a slash at the end; empty: nowhere."""


class Scope:
    """Names in sight. Fields get slots in the order in which ``slots`` meets them, one per spelling.

    ``size`` adds up everything that is made while rendering; ``turns`` is how often the place that is being read can
    be passed.
    """

    def __init__(self, surroundings: Surroundings, slots: dict[str, int], prefix: str) -> None:
        self.references: list[Reference] = []
        self.complaints: list[Complaint] = []
        self.size = Size()
        self.turns = 1
        self._surroundings = surroundings
        self._slots = slots
        self._prefix = prefix
        self._made = 0
        self._variables: list[dict[str, Variable]] = [{}]
        self._loops = 0

    def complain(self, line: int, message: str) -> None:
        """Note something that is not allowed; reading goes on, up to MOST_COMPLAINTS."""
        if len(self.complaints) >= MOST_COMPLAINTS:
            raise TemplateSyntaxError(line, "there are more problems from here on")
        self.complaints.append(Complaint(line, message))

    def spend(self, size: Size) -> None:
        """Count a text that is made or printed here."""
        self.size += size * self.turns

    def check_text(self, text: str, line: int) -> None:
        """Note control characters and halves of characters: no message may carry them."""
        if found := _BROKEN.search(text):
            self.complain(line, f"it contains the control character U+{ord(found[0]):04X}")

    def field(self, name: str, line: int) -> Node:
        """``contact.name``."""
        if not name:
            self.complain(line, "the field of the contact has no name")
        if not name.startswith(TOKEN):
            self.references.append(Reference(name, line))
        slot = self._slots.setdefault(name, len(self._slots))
        size = Size(TOKEN_LENGTH) if name.startswith(TOKEN) else Size(0, 1)
        return Field(kind=Kind.TEXT, size=size, slot=slot)

    def property_of(self, owner: str, name: str, line: int) -> Node:
        """``campaign.key``, ``campaign.name`` or a property of ``loop``."""
        if owner == "loop":
            return self._property_of_loop(name, line)
        known = {"key": self._surroundings.campaign_key, "name": self._surroundings.campaign_name}
        if name not in known:
            self.complain(line, f'campaign has no "{name}"; it has key and name')
        value = known.get(name, "")
        self.check_text(value, line)
        return Literal(kind=Kind.TEXT, size=Size(len(value)), value=value)

    def _property_of_loop(self, name: str, line: int) -> Node:
        if not self._loops:
            self.complain(line, '"loop" exists only inside "for"')
        if name not in _LOOP:
            self.complain(line, f'loop has no "{name}"; it has {", ".join(_LOOP)}')
        return Variable(kind=_LOOP.get(name, Kind.NUMBER), size=Size(LONGEST_NUMBER), code=f"loop.{name}")

    def variable(self, name: str, line: int) -> Node:
        """A name made by ``set`` or ``for``, ``unsubscribe_url``, or a link to a page of Paceline's own."""
        if name in PAGES:
            return self._page(name, line)
        if name == "unsubscribe_url":
            if self._surroundings.unsubscribe_url is None:
                self.complain(line, "unsubscribe_url is used, but the campaign has none")
            slot = self._slots.setdefault(UNSUBSCRIBE_URL, len(self._slots))
            return Field(kind=Kind.TEXT, size=self._surroundings.unsubscribe_url or Size(), slot=slot)
        for names in reversed(self._variables):
            if name in names:
                return names[name]
        self.complain(line, f'there is no "{name}"{self._meant(name)}')
        return Literal(kind=Kind.TEXT, size=Size(), value="")

    def _page(self, name: str, line: int) -> Node:
        """The address of a page, with the message's token in it."""
        token, path = PAGES[name]
        if not self._surroundings.base_url:
            self.complain(line, f"{name} is used, but the campaign has no base_url, where that page is")
        beginning = f"{self._surroundings.base_url}{path}"
        fixed = Literal(kind=Kind.TEXT, size=Size(len(beginning)), value=beginning)
        operands = (fixed, self.field(TOKEN + token, line))
        return PageAddress(kind=Kind.TEXT, size=operands[0].size + operands[1].size, operator="~", operands=operands)

    def _meant(self, name: str) -> str:
        known = {"contact", "campaign", "unsubscribe_url", *PAGES}.union(*self._variables)
        close = get_close_matches(name, known, n=1)
        return f'; did you mean "{close[0]}"?' if close else f"; a field of the contact is written contact.{name}"

    def assign(self, name: str, value: Node, line: int) -> Variable:
        """``{% set name = value %}``: afterwards the name may hold this or what it held before."""
        if name in RESERVED:
            self.complain(line, f'"{name}" cannot be set')
        before = next((names[name] for names in reversed(self._variables) if name in names), None)
        size, items = value.size, value.items
        if before is not None:
            size, items = size.or_larger(before.size), max(items, before.items)
            if before.kind is not value.kind:
                self.complain(line, f'"{name}" was a {before.kind} and cannot become a {value.kind}')
        variable = Variable(kind=value.kind, size=size, items=items, code=before.code if before else self._new_code())
        self._variables[-1][name] = variable
        return variable

    def enter_loop(self, name: str, source: Node, line: int) -> Variable:
        """``{% for name in source %}``: the name is in sight until ``leave_loop``."""
        if name in RESERVED:
            self.complain(line, f'"{name}" cannot be the name of an item')
        variable = Variable(kind=_kind_of_items(source), size=source.size, code=self._new_code())
        self._variables.append({name: variable})
        self._loops += 1
        return variable

    def leave_loop(self) -> None:
        """What was set inside a loop is forgotten at each turn."""
        self._variables.pop()
        self._loops -= 1

    def _new_code(self) -> str:
        self._made += 1
        return f"{self._prefix}{self._made}"


def _kind_of_items(source: Node) -> Kind:
    kinds = {member.kind for member in getattr(source, "members", ())}
    return kinds.pop() if len(kinds) == 1 else Kind.TEXT
