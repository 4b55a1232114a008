"""Tokens of one tag into an expression: what is allowed, of what kind it is, how large it can get."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from paceline.content.template.filters import (
    DEFAULT_FILTERS,
    FILTERS,
    LONGEST_NUMBER,
    MOST_ITEMS,
    TESTS,
    TESTS_OF_NUMBERS,
    FilterRule,
)
from paceline.content.template.lexer import TemplateSyntaxError, Token, TokenKind
from paceline.content.template.nodes import (
    Choice,
    Compared,
    Default,
    Filtered,
    Joined,
    Kind,
    ListOf,
    Literal,
    Node,
    Picked,
    Size,
    Tested,
)
from paceline.content.template.scope import Scope

_NUMBER_SIZE = Size(LONGEST_NUMBER)
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">", "in")
DEEPEST_NESTING = 20


class ExpressionParser:
    """Reads the expressions of one tag. What is merely not allowed is noted in the scope; the rest raises."""

    def __init__(self, tokens: tuple[Token, ...], scope: Scope) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0
        self._scope = scope

    def expression(self) -> Node:
        """One whole expression: ``a if b else c`` or anything below it."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise TemplateSyntaxError(self.line, f"brackets are nested more than {DEEPEST_NESTING} deep")
        node = self._choice()
        self._depth -= 1
        return node

    @property
    def line(self) -> int:
        """The line of the next token."""
        return self._tokens[self._next].line

    def take(self, *values: str) -> str | None:
        """The next name or operator if it is one of these."""
        token = self._tokens[self._next]
        if token.value not in values or token.kind not in (TokenKind.NAME, TokenKind.OPERATOR):
            return None
        self._next += 1
        return token.value

    def name(self) -> str:
        """The next token, which must be a name."""
        token = self._tokens[self._next]
        if token.kind is not TokenKind.NAME:
            raise self._unexpected("a name")
        self._next += 1
        return token.value

    def need(self, value: str) -> None:
        """Step over a name or operator that must stand here."""
        if self.take(value) is None:
            raise self._unexpected(f'"{value}"')

    def finish(self) -> None:
        """The tag must end here."""
        if self._tokens[self._next].kind is not TokenKind.END:
            raise self._unexpected("the end of the tag")

    def _unexpected(self, expected: str) -> TemplateSyntaxError:
        token = self._tokens[self._next]
        found = "the tag ends" if token.kind is TokenKind.END else f'"{token.value}" stands'
        return TemplateSyntaxError(token.line, f"{found} where {expected} is expected")

    def _complain(self, message: str) -> None:
        self._scope.complain(self._tokens[max(0, self._next - 1)].line, message)

    def _choice(self) -> Node:
        node = self._any_of()
        while self.take("if"):
            test = self._any_of()
            otherwise: Node = Literal(kind=node.kind, size=Size(), value="")
            if self.take("else"):
                otherwise = self.expression()
            size = node.size.or_larger(otherwise.size)
            node = Choice(kind=self._common_kind(node, otherwise), size=size, test=test, then=node, otherwise=otherwise)
        return node

    def _common_kind(self, *nodes: Node) -> Kind:
        """Texts, numbers and truths may stand for one another (then as text); lists only for lists."""
        kinds = {node.kind for node in nodes}
        if len(kinds) == 1:
            return kinds.pop()
        if Kind.LIST in kinds:
            self._complain("a list and a single value cannot stand in the same place")
        return Kind.TEXT

    def _any_of(self) -> Node:
        operands = [self._all_of()]
        while self.take("or"):
            operands.append(self._all_of())
        return self._logic("or", operands)

    def _all_of(self) -> Node:
        operands = [self._negation()]
        while self.take("and"):
            operands.append(self._negation())
        return self._logic("and", operands)

    def _logic(self, operator: str, operands: list[Node]) -> Node:
        if len(operands) == 1:
            return operands[0]
        size = operands[0].size
        for operand in operands[1:]:
            size = size.or_larger(operand.size)
        return Joined(kind=self._common_kind(*operands), size=size, operator=operator, operands=tuple(operands))

    def _negation(self) -> Node:
        if not self.take("not"):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise TemplateSyntaxError(self.line, f'"not" is repeated more than {DEEPEST_NESTING} times')
        operand = self._negation()
        self._depth -= 1
        return Compared(kind=Kind.TRUTH, size=Size(5), operators=("not",), operands=(operand,))

    def _comparison(self) -> Node:
        operands, operators = [self._concatenation()], []
        while operator := self.take(*_COMPARISONS, "not"):
            if operator == "not":
                self.need("in")
                operator = "not in"
            operators.append(operator)
            operands.append(self._concatenation())
        if len(operators) > 1:
            self._complain('comparisons cannot be chained; join them with "and"')
        if not operators:
            return operands[0]
        return Compared(kind=Kind.TRUTH, size=Size(5), operators=tuple(operators), operands=tuple(operands))

    def _concatenation(self) -> Node:
        operands = [self._sum()]
        while self.take("~"):
            operands.append(self._sum())
        if len(operands) == 1:
            return operands[0]
        if any(operand.kind is Kind.LIST for operand in operands):
            self._complain('"~" joins texts, not lists; use the filter join')
        size = sum((operand.size for operand in operands), Size())
        self._scope.spend(size)
        return Joined(kind=Kind.TEXT, size=size, operator="~", operands=tuple(operands))

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._arithmetic(("*", "/", "//", "%"), self._operand)

    def _arithmetic(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while operator := self.take(*operators):
            right = operand()
            if node.kind is not Kind.NUMBER or right.kind is not Kind.NUMBER:
                cure = 'join texts with "~"' if operator == "+" else "turn texts into numbers with the filter float"
                self._complain(f'"{operator}" works on numbers only; {cure}')
            node = Joined(kind=Kind.NUMBER, size=_NUMBER_SIZE, operator=operator, operands=(node, right))
        return node

    def _operand(self) -> Node:
        if self.take("-"):
            zero = Literal(kind=Kind.NUMBER, size=_NUMBER_SIZE, value=0)
            operand = self._operand_without_sign()
            if operand.kind is not Kind.NUMBER:
                self._complain('"-" works on numbers only')
            return Joined(kind=Kind.NUMBER, size=_NUMBER_SIZE, operator="-", operands=(zero, operand))
        return self._operand_without_sign()

    def _operand_without_sign(self) -> Node:
        node = self._primary()
        while True:
            if self.take("|"):
                node = self._filtered(node)
            elif self.take("["):
                node = self._picked(node)
            elif self.take("is"):
                node = self._tested(node)
            elif self.take("("):
                raise TemplateSyntaxError(
                    self.line, "functions and methods cannot be called; use a filter: value | upper"
                )
            elif self.take("."):
                raise TemplateSyntaxError(
                    self.line, f'a value has no ".{self.name()}"; only contact.FIELD and campaign.key'
                )
            elif self.take("**"):
                raise TemplateSyntaxError(self.line, '"**" is not available')
            else:
                return node

    def _primary(self) -> Node:
        token = self._tokens[self._next]
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if self.take("["):
            return self._list()
        if token.kind is TokenKind.NAME:
            return self._named()
        if token.kind in (TokenKind.STRING, TokenKind.NUMBER):
            self._next += 1
            return self._literal(token)
        raise self._unexpected("a value")

    def _literal(self, token: Token) -> Node:
        if token.kind is TokenKind.NUMBER:
            number = float(token.value) if "." in token.value else int(token.value)
            return Literal(kind=Kind.NUMBER, size=_NUMBER_SIZE, value=number)
        self._scope.check_text(token.value, token.line)
        return Literal(kind=Kind.TEXT, size=Size(len(token.value)), value=token.value)

    def _list(self) -> Node:
        members: list[Node] = []
        while not self.take("]"):
            if members:
                self.need(",")
                if self.take("]"):
                    break
            members.append(self.expression())
        if any(member.kind is Kind.LIST for member in members):
            self._complain("a list cannot hold lists")
        size = sum((member.size for member in members), Size())
        return ListOf(kind=Kind.LIST, size=size, items=len(members), members=tuple(members))

    def _named(self) -> Node:
        line, name = self.line, self.name()
        if name.lower() in ("true", "false"):
            return Literal(kind=Kind.TRUTH, size=Size(5), value=name.lower() == "true")
        if name == "contact":
            return self._scope.field(self._member(name), line)
        if name in ("campaign", "loop"):
            return self._scope.property_of(name, self._member(name), line)
        return self._scope.variable(name, line)

    def _member(self, owner: str) -> str:
        if self.take("."):
            return self.name()
        if self.take("["):
            token = self._tokens[self._next]
            if token.kind is not TokenKind.STRING:
                raise self._unexpected(f'a name in quotes, as in {owner}["First name"],')
            self._next += 1
            self.need("]")
            return token.value
        raise TemplateSyntaxError(
            self.line, f'"{owner}" is not a value by itself; write {owner}.NAME or {owner}["NAME"]'
        )

    def _filtered(self, operand: Node) -> Node:
        name = self.name()
        arguments = self._arguments()
        if name in DEFAULT_FILTERS:
            return self._default(operand, arguments)
        rule = FILTERS.get(name)
        if rule is None:
            known = (*FILTERS, "default")
            self._complain(f'there is no filter "{name}"{_did_you_mean(name, known)}; available: {", ".join(known)}')
            return operand
        self._check_filter(name, rule, operand, arguments)
        size, items = _grown(name, rule, operand, arguments)
        self._scope.spend(size)
        kind = rule.gives
        return Filtered(kind=kind, size=size, items=items, operand=operand, name=name, arguments=tuple(arguments))

    def _arguments(self) -> list[Node]:
        arguments: list[Node] = []
        if not self.take("("):
            return arguments
        while not self.take(")"):
            if arguments:
                self.need(",")
            arguments.append(self.expression())
            if self.take("="):
                raise TemplateSyntaxError(self.line, "arguments are written without their names")
        return arguments

    def _default(self, operand: Node, arguments: list[Node]) -> Node:
        if not 1 <= len(arguments) <= 2:  # the second, "also when empty", is what always happens here
            self._complain('default needs what to use instead: default("friend")')
            return operand
        instead = arguments[0]
        size = operand.size.or_larger(instead.size)
        return Default(kind=self._common_kind(operand, instead), size=size, operand=operand, instead=instead)

    def _check_filter(self, name: str, rule: FilterRule, operand: Node, arguments: list[Node]) -> None:
        if operand.kind not in rule.takes:
            self._complain(f"{name} takes a {' or a '.join(rule.takes)}, not a {operand.kind}")
        wanted = rule.required + rule.optional
        if not len(rule.required) <= len(arguments) <= len(wanted):
            self._complain(f"{name} takes {_count(len(rule.required), len(wanted))}, not {len(arguments)}")
        for argument, kind in zip(arguments, wanted, strict=False):
            if argument.kind is not kind:
                self._complain(f"{name} takes a {kind} as argument, not a {argument.kind}")
        if rule.literal_arguments and not all(isinstance(argument, Literal) for argument in arguments):
            self._complain(f"the arguments of {name} must be written out, not computed")
        if name == "split" and arguments and arguments[0].size.fixed == 0:
            self._complain("split needs a separator that is not empty")

    def _picked(self, operand: Node) -> Node:
        if operand.kind not in (Kind.TEXT, Kind.LIST):
            self._complain(f"a {operand.kind} has no parts to pick with [ ]")
        parts = [self._index()]
        while self.take(":"):
            parts.append(self._index())
        self.need("]")
        if len(parts) > 2 or (len(parts) == 1 and not parts[0]):
            raise TemplateSyntaxError(self.line, "write a position [0] or a range [0:3] between the brackets")
        slices = len(parts) == 2
        kind = operand.kind if slices else Kind.TEXT
        items = operand.items if slices else 0
        return Picked(kind=kind, size=operand.size, items=items, operand=operand, subscript=":".join(parts))

    def _index(self) -> str:
        sign = "-" if self.take("-") else ""
        token = self._tokens[self._next]
        if token.kind is not TokenKind.NUMBER or "." in token.value:
            return ""
        self._next += 1
        return sign + token.value

    def _tested(self, operand: Node) -> Node:
        negated = bool(self.take("not"))
        name = self.name()
        arguments = self._arguments()
        wanted = TESTS.get(name)
        if wanted is None:
            self._complain(f'there is no test "{name}"{_did_you_mean(name, TESTS)}; available: {", ".join(TESTS)}')
        elif tuple(argument.kind for argument in arguments) != wanted:
            self._complain(f"the test {name} takes {_count(len(wanted), len(wanted))}")
        elif name in TESTS_OF_NUMBERS and operand.kind is not Kind.NUMBER:
            self._complain(f"the test {name} works on numbers only; use the filter int")
        test = f"not {name}" if negated else name
        return Tested(kind=Kind.TRUTH, size=Size(5), operand=operand, test=test, arguments=tuple(arguments))


def _grown(name: str, rule: FilterRule, operand: Node, arguments: list[Node]) -> tuple[Size, int]:
    """The largest size and the most items of what a filter gives."""
    if rule.gives is Kind.NUMBER:
        return _NUMBER_SIZE, 0
    fixed = arguments[-1].size.fixed if arguments else 0
    if name == "replace":
        return (operand.size + Size(1)) * (fixed + 1), 0
    if name == "join":
        return operand.size + Size(fixed * operand.items), 0
    if name == "truncate":
        return operand.size + Size(max(1, fixed)), 0
    if name == "split":
        return operand.size, MOST_ITEMS
    return operand.size * rule.growth, 0


def _count(least: int, most: int) -> str:
    if most == 0:
        return "no argument"
    return f"{most} argument{'s' if most > 1 else ''}" if least == most else f"{least} to {most} arguments"


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
