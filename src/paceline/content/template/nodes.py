"""What a template is made of once it is parsed. Expressions know what they give and how large it can get."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an expression gives."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Size:
    """The most characters that a value can have: ``fixed`` plus ``contacts`` times all fields of its contact."""

    fixed: int = 0
    contacts: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(self.fixed + other.fixed, self.contacts + other.contacts)

    def __mul__(self, factor: int) -> Size:
        return Size(self.fixed * factor, self.contacts * factor)

    def or_larger(self, other: Size) -> Size:
        """What bounds both."""
        return Size(max(self.fixed, other.fixed), max(self.contacts, other.contacts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An expression. ``items`` is the most items a list can have."""

    kind: Kind
    size: Size
    items: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Node):
    """A field of the contact, by its slot in the template."""

    slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A text, number or truth value that is written out."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Node):
    """A name made by ``set`` or ``for``, or a property of ``loop``; ``code`` is its name in the generated source."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf(Node):
    """A list that is written out."""

    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered(Node):
    """``operand | name(arguments)``."""

    operand: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Node):
    """``operand | default(instead)``."""

    operand: Node
    instead: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Node):
    """``then if test else otherwise``."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Node):
    """Operands with one operator between them: ``~``, ``and``, ``or`` or arithmetic."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAddress(Joined):
    """The address of a page of Paceline's own: a beginning and a token, which need no escaping once each is encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Node):
    """Operands with comparisons between them; ``not x`` has one operand."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested(Node):
    """``operand is [not] name(arguments)``."""

    operand: Node
    test: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked(Node):
    """``operand[2]`` or ``operand[1:3]``; ``subscript`` is what stands between the brackets."""

    operand: Node
    subscript: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags."""

    text: str


@dataclass(frozen=True, slots=True)
class Print:
    """``{{ value }}``."""

    value: Node


@dataclass(frozen=True, slots=True)
class Assign:
    """``{% set %}``."""

    code: str
    value: Node


@dataclass(frozen=True, slots=True)
class Branches:
    """``{% if %}`` with its ``elif``s and ``else``."""

    branches: tuple[tuple[Node, tuple[Step, ...]], ...]
    otherwise: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """``{% for %}``."""

    code: str
    source: Node
    body: tuple[Step, ...]
    otherwise: tuple[Step, ...]


Step = Text | Print | Assign | Branches | Loop


@dataclass(frozen=True, slots=True)
class Reference:
    """A field as the template names it."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something a template may not do."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One parsed template."""

    steps: tuple[Step, ...]
    size: Size
    references: tuple[Reference, ...]
    complaints: tuple[Complaint, ...]
