"""A template's source cut into plain text and tags, and each tag into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST_TAG = 500  # tokens; keeps every recursion over an expression shallow

_OPENING = re.compile(r"\{\{[-+]?|\{%[-+]?|\{#-?")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>\d{1,15}(?:\.\d{1,15})?)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<operator>==|!=|<=|>=|//|\*\*|[<>=~|.,:()\[\]+\-*/%])""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"{{": re.compile(r"[-+]?\}\}"), "{%": re.compile(r"[-+]?%\}")}
_RAW = re.compile(r"\{%[-+]?\s*raw\s*(-?)[+]?%\}")
_END_OF_RAW = re.compile(r"\{%([-+]?)\s*endraw\s*(-?)[+]?%\}")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\", "/": "/"}


class TemplateSyntaxError(Exception):
    """The template cannot be read any further. ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(f"line {line}: {message}")


class TokenKind(StrEnum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    END = "end"  # of the tag


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a tag; a string is already unescaped."""

    kind: TokenKind
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Text between tags (``tokens`` is None), or one tag: "{{" prints, "{%" directs."""

    line: int
    text: str
    tokens: tuple[Token, ...] | None = None


def read_chunks(source: str) -> Iterator[Chunk]:
    """Cut a source whose line breaks are all "\\n". Comments are dropped, whitespace control ("-") is applied.

    Raises TemplateSyntaxError.
    """
    position, line, trim = 0, 1, False
    while True:
        opening = _OPENING.search(source, position)
        end = len(source) if opening is None else opening.start()
        text = source[position:end]
        next_line = line + text.count("\n")
        if trim:
            text = text.lstrip()
        if opening is not None and opening[0].endswith("-"):
            text = text.rstrip()
        if text:
            yield Chunk(line, text)
        if opening is None:
            return
        line = next_line
        chunk, position, trim = _read_tag(source, opening, line)
        line += source.count("\n", opening.start(), position)
        if chunk is not None:
            yield chunk


def _read_tag(source: str, opening: re.Match[str], line: int) -> tuple[Chunk | None, int, bool]:
    """The tag at ``opening`` (None for a comment), where it ends, and whether it trims the text behind it."""
    if opening[0].startswith("{#"):
        end = source.find("#}", opening.end())
        if end < 0:
            raise TemplateSyntaxError(line, 'the comment that begins with "{#" is never closed with "#}"')
        return None, end + 2, source[end - 1] == "-"
    if raw := _RAW.match(source, opening.start()):
        return _read_raw(source, raw, line)
    sign = opening[0][:2]
    tokens, position, trim = _read_tokens(source, opening.end(), line, sign)
    return Chunk(line, sign, tokens), position, trim


def _read_raw(source: str, raw: re.Match[str], line: int) -> tuple[Chunk | None, int, bool]:
    end = _END_OF_RAW.search(source, raw.end())
    if end is None:
        raise TemplateSyntaxError(line, '"{% raw %}" is never closed with "{% endraw %}"')
    text = source[raw.end() : end.start()]
    if raw[1]:
        text = text.lstrip()
    if end[1] == "-":
        text = text.rstrip()
    return (Chunk(line, text) if text else None), end.end(), end[2] == "-"


def _read_tokens(source: str, position: int, line: int, sign: str) -> tuple[tuple[Token, ...], int, bool]:
    tokens: list[Token] = []
    first_line = line
    while True:
        if closing := _CLOSING[sign].match(source, position):
            tokens.append(Token(TokenKind.END, "", line))
            return tuple(tokens), closing.end(), closing[0].startswith("-")
        token = _TOKEN.match(source, position)
        if token is None:
            raise _unreadable(source, position, line, first_line, sign)
        if token.lastgroup not in (None, "space"):
            kind = TokenKind(token.lastgroup)
            value = _unescape(token[0][1:-1], line) if kind is TokenKind.STRING else token[0]
            tokens.append(Token(kind, value, line))
        if len(tokens) > LONGEST_TAG:
            raise TemplateSyntaxError(
                first_line, f'the tag that begins with "{sign}" has more than {LONGEST_TAG} words'
            )
        line += token[0].count("\n")
        position = token.end()


def _unreadable(source: str, position: int, line: int, first_line: int, sign: str) -> TemplateSyntaxError:
    if position >= len(source):
        return TemplateSyntaxError(first_line, f'the tag that begins with "{sign}" is never closed')
    character = source[position]
    if character in "\"'":
        return TemplateSyntaxError(line, f"the text that begins with {character} is never closed with {character}")
    hint = "; use straight quotes" if character in "“”„‘’«»" else ""
    return TemplateSyntaxError(line, f'"{character}" has no meaning in a tag{hint}')


def _unescape(text: str, line: int) -> str:
    def replace(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise TemplateSyntaxError(
                line, f'"\\{code}" is not an escape; accepted are \\n \\t \\" \\\' \\\\ and \\u0000'
            )
        return _ESCAPES[code]

    return _ESCAPE.sub(replace, text)
