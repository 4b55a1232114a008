"""A TOML file that knows its lines and gathers what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Protocol

from paceline.domain.errors import InputError, Problem
from paceline.operations.campaign_file.field_kinds import shown
from paceline.operations.campaign_file.text_file import UnusableFile, read_text
from paceline.operations.campaign_file.toml_lines import TomlLines, TomlPath

_POSITION = re.compile(r" \(at (?:line (?P<line>\d+), (?P<column>column \d+)|end of document)\)$")
_LONGEST_NAME = 60
_MOST_KEY_PARTS = 32
_LONG_KEY = re.compile(  # tomllib needs hours for a key of some 100,000 parts
    rf"(?<![\w-])(?:(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.[ \t]*){{{_MOST_KEY_PARTS}}}"
)


class Lines(Protocol):
    """Knows where the fields of a file stand."""

    def line_of(self, path: TomlPath) -> int:
        """Where a field stands, or what would hold it."""


class Document:
    """One file's values, and the problems found in it so far."""

    def __init__(self, path: Path, table: dict[str, Any], lines: Lines) -> None:
        self.path = path
        self.table = table
        self._lines = lines
        self._problems: list[Problem] = []

    @property
    def file(self) -> str:
        """The file's name as it was given."""
        return str(self.path)

    def beside(self, name: str) -> Path:
        """The path of a file that the document names."""
        return self.path.parent / name

    def line_of(self, path: TomlPath) -> int:
        """Where a field stands, or what would hold it."""
        return self._lines.line_of(path)

    def refuse(self, path: TomlPath, message: str) -> None:
        """One thing is wrong with the field at ``path``."""
        self.add(Problem(file=self.file, line=self.line_of(path), field=field_name(path), message=message))

    def add(self, problem: Problem) -> None:
        """A problem that knows its own place, such as one in a file that the document names."""
        self._problems.append(problem)

    def raise_problems(self) -> None:
        """Raise InputError with all problems by line, those of other files last; return when there is none."""
        if self._problems:
            raise InputError(sorted(self._problems, key=lambda p: (p.file != self.file, p.file, p.line or 0)))


def field_name(path: TomlPath) -> str | None:
    """How a field is called in problems: ("accounts", 1, "port") is accounts.port; the line tells which account."""
    return ".".join(_name(part) for part in path if isinstance(part, str)) or None


def _name(key: str) -> str:
    """A key as a person may see it; it may be anything."""
    return key if key.isprintable() and len(key) <= _LONGEST_NAME else shown(key)


def open_document(path: Path, *, accepted: str) -> Document:
    """Read and parse a TOML file; ``accepted`` says what it should be. Raises InputError with one problem."""
    try:
        text = read_text(path)
    except UnusableFile as error:
        raise _not_usable(path, error.line, f"the file {error.reason}; accepted is {accepted}") from None
    return parse_document(path, text, accepted=accepted)


def parse_document(path: Path, text: str, *, accepted: str) -> Document:
    """Parse the text of a TOML file that is called ``path``. Raises InputError with one problem."""
    if match := _LONG_KEY.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise _not_usable(path, line, f"this key has more than {_MOST_KEY_PARTS} parts; accepted is {accepted}")
    try:
        return Document(path, tomllib.loads(text), TomlLines(text))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from None
    except RecursionError:
        raise _not_usable(path, None, f"it is nested too deeply; accepted is {accepted}") from None
    except ValueError:  # from int(): tomllib lets it pass
        raise _not_usable(path, None, f"it holds a number of thousands of digits; accepted is {accepted}") from None


def _not_usable(path: Path, line: int | None, message: str) -> InputError:
    return InputError([Problem(file=str(path), line=line, message=message)])


def _not_toml(path: Path, text: str, complaint: str) -> InputError:
    match = _POSITION.search(complaint)
    if match is None:
        return _not_usable(path, None, f"this is not TOML: {complaint}")
    what = complaint[: match.start()]
    if match["line"] is None:
        return _not_usable(path, len(text.splitlines()), f"this is not TOML: {what} at the end of the file")
    return _not_usable(path, int(match["line"]), f"this is not TOML: {what} at {match['column']}")
