"""A template's source into steps: the statements, their nesting, and the bound on everything they can print."""

from __future__ import annotations

from collections.abc import Iterator

from paceline.content.template.expressions import ExpressionParser
from paceline.content.template.lexer import Chunk, TemplateSyntaxError, read_chunks
from paceline.content.template.nodes import (
    Assign,
    Branches,
    Complaint,
    Kind,
    Loop,
    Node,
    Parsed,
    Print,
    Size,
    Step,
    Text,
)
from paceline.content.template.scope import Scope, Surroundings

LONGEST_TEMPLATE = 1_000_000  # characters
DEEPEST_NESTING = 20  # of if and for
MOST_BRANCHES = 100  # of one if
MOST_WORDS = 30_000  # of all tags that one rendering may pass, loops counted as often as they can turn
_STATEMENTS = "if, elif, else, endif, for, endfor, set, raw"


def parse(source: str, *, surroundings: Surroundings, slots: dict[str, int], prefix: str) -> Parsed:
    """Parse one template. ``slots`` is shared by the templates of a message, ``prefix`` keeps their variables apart.

    Never raises: what is wrong is in ``complaints``, and a template with complaints must not be rendered.
    """
    scope = Scope(surroundings, slots, prefix)
    parser = _Parser(scope)
    steps: tuple[Step, ...] = ()
    if len(source) > LONGEST_TEMPLATE:
        scope.complain(1, f"it has {len(source)} characters; at most {LONGEST_TEMPLATE} are accepted")
    else:
        try:
            steps = parser.parse(source.replace("\r\n", "\n").replace("\r", "\n"))
        except TemplateSyntaxError as error:
            scope.complaints.append(Complaint(error.line, error.message))
    return Parsed(steps=steps, size=scope.size, references=tuple(scope.references), complaints=tuple(scope.complaints))


class _Parser:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._words = 0
        self._depth = 0
        self._chunks: Iterator[Chunk] = iter(())

    def parse(self, source: str) -> tuple[Step, ...]:
        self._chunks = read_chunks(source)
        steps, ending = self._block(1)
        if ending is not None:
            word = ending[1].name()
            raise TemplateSyntaxError(ending[0], f'"{word}" has no beginning')
        return tuple(steps)

    def _block(self, line: int, *endings: str) -> tuple[list[Step], tuple[int, ExpressionParser] | None]:
        """The steps up to one of ``endings``; the parser of that tag stands at its first word."""
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise TemplateSyntaxError(line, f"if and for are nested more than {DEEPEST_NESTING} deep")
        steps: list[Step] = []
        for chunk in self._chunks:
            if chunk.tokens is None:
                steps.append(self._text(chunk))
                continue
            self._count_words(chunk.line, len(chunk.tokens))
            tag = ExpressionParser(chunk.tokens, self._scope)
            if chunk.text == "{{":
                steps.append(self._print(tag, chunk.line))
            elif chunk.tokens[0].value in ("elif", "else", "endif", "endfor"):
                return self._end_block(steps, chunk, tag, endings)
            else:
                steps.append(self._statement(tag, chunk.line))
        if endings:
            raise TemplateSyntaxError(line, f'the tag is never closed with "{{% {endings[-1]} %}}"')
        return steps, None

    def _end_block(
        self, steps: list[Step], chunk: Chunk, tag: ExpressionParser, endings: tuple[str, ...]
    ) -> tuple[list[Step], tuple[int, ExpressionParser]]:
        assert chunk.tokens is not None
        word = chunk.tokens[0].value
        if word not in endings:
            expected = f'where "{endings[-1]}" is expected' if endings else "without a beginning"
            raise TemplateSyntaxError(chunk.line, f'"{word}" stands {expected}')
        self._depth -= 1
        return steps, (chunk.line, tag)

    def _count_words(self, line: int, words: int) -> None:
        self._words += self._scope.turns * words
        if self._words > MOST_WORDS:
            raise TemplateSyntaxError(line, f"tags and loops add up to more than {MOST_WORDS} words")

    def _text(self, chunk: Chunk) -> Text:
        self._scope.check_text(chunk.text, chunk.line)
        self._scope.spend(Size(len(chunk.text)))
        return Text(chunk.text)

    def _print(self, tag: ExpressionParser, line: int) -> Print:
        value = tag.expression()
        tag.finish()
        if value.kind is Kind.LIST:
            self._scope.complain(line, "a list cannot be printed; use the filter join")
        self._scope.spend(value.size)
        return Print(value)

    def _statement(self, tag: ExpressionParser, line: int) -> Step:
        word = tag.take("if", "for", "set")
        if word == "if":
            return self._if(tag, line)
        if word == "for":
            return self._for(tag, line)
        if word == "set":
            return self._set(tag, line)
        raise TemplateSyntaxError(line, f'"{tag.name()}" is not available; available are {_STATEMENTS}')

    def _if(self, tag: ExpressionParser, line: int) -> Branches:
        branches: list[tuple[Node, tuple[Step, ...]]] = []
        otherwise: list[Step] = []
        while True:
            test = tag.expression()
            tag.finish()
            steps, ending = self._block(line, "elif", "else", "endif")
            branches.append((test, tuple(steps)))
            if len(branches) > MOST_BRANCHES:
                raise TemplateSyntaxError(line, f"one if has more than {MOST_BRANCHES} branches")
            assert ending is not None
            tag = ending[1]
            if not tag.take("elif"):
                break
        if tag.take("else"):
            tag.finish()
            otherwise, ending = self._block(line, "endif")
            assert ending is not None
            tag = ending[1]
        tag.need("endif")
        tag.finish()
        return Branches(tuple(branches), tuple(otherwise))

    def _for(self, tag: ExpressionParser, line: int) -> Loop:
        name = tag.name()
        tag.need("in")
        source = tag.expression()
        tag.finish()
        if source.kind is not Kind.LIST:
            self._scope.complain(line, 'for needs a list: one that is written out, or contact.FIELD | split(",")')
        variable = self._scope.enter_loop(name, source, line)
        turns = self._scope.turns
        self._scope.turns *= max(1, source.items)
        body, ending = self._block(line, "else", "endfor")
        self._scope.turns = turns
        self._scope.leave_loop()
        assert ending is not None
        otherwise: list[Step] = []
        if ending[1].take("else"):
            ending[1].finish()
            otherwise, ending = self._block(line, "endfor")
            assert ending is not None
        ending[1].need("endfor")
        ending[1].finish()
        return Loop(variable.code, source, tuple(body), tuple(otherwise))

    def _set(self, tag: ExpressionParser, line: int) -> Assign:
        name = tag.name()
        tag.need("=")
        value = tag.expression()
        tag.finish()
        return Assign(self._scope.assign(name, value, line).code, value)
