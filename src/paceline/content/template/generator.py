"""Parsed steps into source for minijinja. Nothing of the author's source is copied: all of it is written anew.

Values reach the source in variants that are made outside (html escaped, quoted-printable, both), so that the usual
``{{ contact.first_name }}`` costs one look-up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import zip_longest

from paceline.content.template.nodes import (
    Assign,
    Branches,
    Choice,
    Compared,
    Default,
    Field,
    Filtered,
    Joined,
    Kind,
    ListOf,
    Literal,
    Loop,
    Node,
    PageAddress,
    Picked,
    Print,
    Step,
    Tested,
    Text,
    Variable,
)

_FAILS_ON_NOTHING = {"int": "0", "float": "0", "first": '""', "last": '""'}
"""Filters that cannot work on an empty value, and what they give for one where a field may be missing."""

_READ_AS_TAG = re.compile(r"\{(?=[{%#]|\Z)")


class Variant(StrEnum):
    """How a value is written where it is printed; also the ending of its name in the generated source."""

    PLAIN = ""
    URL = "u"  # percent-encoded
    URL_QUOTED = "uq"  # percent-encoded, then quoted-printable
    HTML = "h"
    TEXT_QUOTED = "q"  # quoted-printable
    HTML_QUOTED = "hq"  # escaped, then quoted-printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one template is written: its texts, its literals and its values."""

    variant: Variant
    text: Callable[[str], str]
    """Encodes a text between tags."""
    value: Callable[[str], str]
    """Encodes a value that is known beforehand, exactly as ``filters`` would."""
    filters: tuple[str, ...] = ()
    """What encodes a value that is not known beforehand, in this order."""
    after_value: str = ""
    """Stands behind each printed value that no line break follows."""
    escapes: bool = False
    """True where the filter safe has a meaning."""
    ignored_filters: tuple[str, ...] = ()
    url: Encoding | None = None
    """How the unsubscribe URL is written where it is printed."""


@dataclass(slots=True)
class Generator:
    """Writes the source of one template. ``variants`` collects which slots are needed in which variants."""

    encoding: Encoding
    missing_is_empty: bool
    """True: a field without a value prints as nothing. False: it is an error without a default."""
    variants: set[tuple[int, Variant]] = field(default_factory=set)
    url_slot: int | None = None
    url_steps: tuple[Step, ...] = ()
    """The template of the unsubscribe URL, written wherever its value is printed as it is."""

    def write(self, steps: tuple[Step, ...]) -> str:
        """The source of some steps, in order."""
        return "".join(self._step(step, following) for step, following in zip_longest(steps, steps[1:]))

    def _step(self, step: Step, following: Step | None) -> str:
        match step:
            case Text(text):
                return _without_tags(self.encoding.text(text))
            case Print(Field(slot=self.url_slot)) if self.encoding.url is not None:
                return replace(self, encoding=self.encoding.url).write(self.url_steps)
            case Print(value):
                ends_line = isinstance(following, Text) and following.text.startswith("\n")
                return f"{{{{ {self._printed(value)} }}}}" + ("" if ends_line else self.encoding.after_value)
            case Assign(code, value):
                return f"{{% set {code} = {self._assigned(value)} %}}"
            case Branches(branches, otherwise):
                return self._branches(branches, otherwise)
            case Loop(code, source, body, otherwise):
                head = f"{{% for {code} in {self._code(source, required=False)} %}}{self.write(body)}"
                return f"{head}{{% else %}}{self.write(otherwise)}{{% endfor %}}"

    def _branches(self, branches: tuple[tuple[Node, tuple[Step, ...]], ...], otherwise: tuple[Step, ...]) -> str:
        written = [
            f"{{% {'elif' if place else 'if'} {self._code(test, required=False)} %}}{self.write(steps)}"
            for place, (test, steps) in enumerate(branches)
        ]
        return "".join(written) + f"{{% else %}}{self.write(otherwise)}{{% endif %}}"

    def _assigned(self, value: Node) -> str:
        """A bare field may be missing here: what is made of it is missing too, and fails where it is used."""
        if isinstance(value, Field) and not self.missing_is_empty:
            return self._slot(value, Variant.PLAIN)
        return self._code(value, required=True)

    def _printed(self, node: Node) -> str:
        leaves = self._encoded(node)
        if leaves is not None:
            return leaves
        filters = self.encoding.filters
        if isinstance(node, Filtered) and node.name == "safe" and self.encoding.escapes:
            filters = tuple(name for name in filters if name != "e")
        return "|".join((self._code(node, required=True), *filters))

    def _encoded(self, node: Node) -> str | None:
        """The code of a node whose every possible value is encoded beforehand; None if there is no such code."""
        match node:
            case Field():
                return self._reference(node, self.encoding.variant, required=not self.missing_is_empty)
            case Literal(kind=Kind.TEXT, value=str(value)):
                return _quote(self.encoding.value(value))
            case PageAddress(operands=operands):
                codes = [code for code in map(self._encoded, operands) if code is not None]
                return f"({f'~{_quote(self.encoding.after_value)}~'.join(codes)})"
            case Default(operand=operand, instead=instead):
                return self._encoded_choice(" and ".join(self._needed(operand)) or "true", operand, instead)
            case Choice(test=test, then=then, otherwise=otherwise):
                return self._encoded_choice(self._code(test, required=False), then, otherwise)
            case _:
                return None

    def _encoded_choice(self, test: str, then: Node, otherwise: Node) -> str | None:
        then_code, otherwise_code = self._encoded(then), self._encoded(otherwise)
        if then_code is None or otherwise_code is None:
            return None
        return f"({then_code} if {test} else {otherwise_code})"

    def _code(self, node: Node, *, required: bool) -> str:
        """The code of a value. ``required``: a missing field is an error here; otherwise it is an empty text."""
        required = required and not self.missing_is_empty
        match node:
            case Field():
                code = self._reference(node, Variant.PLAIN, required=required)
                return f'({code}~"")' if required else code
            case Variable(kind=kind, code=code):
                return _variable(code, kind, required=required)
            case Literal(value=value):
                return _quote(value) if isinstance(value, str) else _number(value)
            case ListOf(members=members):
                return f"[{', '.join(self._code(member, required=required) for member in members)}]"
            case Joined(operator=operator, operands=operands):
                return self._joined(operator, operands, required=required)
            case Compared(operators=operators, operands=operands):
                return self._compared(operators, operands)
            case Choice(test=test, then=then, otherwise=otherwise):
                return self._choice(self._code(test, required=False), then, otherwise, required=required)
            case Default(operand=operand, instead=instead):
                test = " and ".join(self._needed(operand)) or "true"
                return self._choice(test, operand, instead, required=required)
            case Tested(operand=operand, test=test, arguments=arguments):
                return self._tested(operand, test, arguments)
            case Picked(operand=operand, subscript=subscript):
                code = f"({self._code(operand, required=required)})[{subscript}]"
                return code if required else f'({code}|default(""))'
            case Filtered(operand=operand, name=name, arguments=arguments):
                return self._filtered(operand, name, arguments, required=required)
            case _:
                raise AssertionError(node)

    def _choice(self, test: str, then: Node, otherwise: Node, *, required: bool) -> str:
        return f"({self._code(then, required=required)} if {test} else {self._code(otherwise, required=required)})"

    def _joined(self, operator: str, operands: tuple[Node, ...], *, required: bool) -> str:
        if operator in ("and", "or"):  # only the last one is printed without having been looked at
            codes = [self._code(operand, required=False) for operand in operands[:-1]]
            codes.append(self._code(operands[-1], required=required))
        else:
            codes = [self._code(operand, required=required) for operand in operands]
        return f"({f' {operator} '.join(codes)})"

    def _compared(self, operators: tuple[str, ...], operands: tuple[Node, ...]) -> str:
        codes = [self._code(operand, required=False) for operand in operands]
        if operators == ("not",):
            return f"(not {codes[0]})"
        return f"({codes[0]} {operators[0]} {codes[1]})"

    def _tested(self, operand: Node, test: str, arguments: tuple[Node, ...]) -> str:
        given = f"({', '.join(self._code(argument, required=False) for argument in arguments)})" if arguments else ""
        if test.endswith("defined"):
            return f"({self._presence(operand)} is {test})"
        return f"({self._code(operand, required=False)} is {test}{given})"

    def _presence(self, node: Node) -> str:
        if isinstance(node, Field):
            return self._slot(node, Variant.PLAIN)
        return node.code if isinstance(node, Variable) else self._code(node, required=False)

    def _filtered(self, operand: Node, name: str, arguments: tuple[Node, ...], *, required: bool) -> str:
        code = self._code(operand, required=required)
        if name in self.encoding.ignored_filters:
            return code
        given = f"({', '.join(self._code(argument, required=True) for argument in arguments)})" if arguments else ""
        code = f"({code}|{name}{given})"
        if not required and name in _FAILS_ON_NOTHING:
            return f"({code} if {' and '.join(self._needed(operand)) or 'true'} else {_FAILS_ON_NOTHING[name]})"
        return code

    def _needed(self, node: Node) -> list[str]:
        """The codes of the values without which a node has no value: what ``default`` looks at."""
        match node:
            case Field():
                return [self._slot(node, Variant.PLAIN)]
            case Variable(code=code, kind=kind):
                return [code] if kind in (Kind.TEXT, Kind.LIST) else []
            case Filtered(operand=operand) | Picked(operand=operand):
                return self._needed(operand)
            case Joined(operator=operator, operands=operands) if operator not in ("and", "or"):
                return [code for operand in operands for code in self._needed(operand)]
            case Joined():
                return [self._code(node, required=False)]
            case _:
                return []

    def _reference(self, node: Field, variant: Variant, *, required: bool) -> str:
        code = self._slot(node, variant)
        return code if required else f'({code}|default(""))'

    def _slot(self, node: Field, variant: Variant) -> str:
        self.variants.add((node.slot, variant))
        return f"f{node.slot}{variant}"


def _variable(code: str, kind: Kind, *, required: bool) -> str:
    if kind is not Kind.TEXT:
        return code
    return f'({code}~"")' if required else f'({code}|default(""))'


def _number(value: float) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _quote(text: str) -> str:
    """A text literal; braces and everything beyond ASCII are written as escapes."""
    return json.dumps(text).replace("{", "\\u007b").replace("}", "\\u007d").replace("%", "\\u0025")


def _without_tags(text: str) -> str:
    """A text that minijinja reads as nothing but text: a "{" that could begin a tag is printed by a tag of its own."""
    return _READ_AS_TAG.sub('{{ "\\\\u007b" }}', text)
