"""Where things stand in a TOML document: path of keys and indexes -> line. tomllib reads the values and tells no lines."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from itertools import count

TomlPath = tuple[str | int, ...]
"""("accounts", 1, "port"): the port of the second [[accounts]]."""

_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_QUOTED_KEY = r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'"
_KEY_PART = re.compile(rf"[ \t]*(?:(?P<bare>[A-Za-z0-9_-]+)|(?P<quoted>{_QUOTED_KEY}))[ \t]*(?P<more>\.)?")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'  # up to two quotes may stand before the closing three
    r"|'''.*?'''(?:'{0,2})"
    rf"|{_QUOTED_KEY}",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}#\n]+")


class TomlLines:
    """The lines of one document, from 1. The text must be one that tomllib accepts."""

    def __init__(self, text: str) -> None:
        self._lines = _Scan(text.replace("\r\n", "\n")).run()

    def line_of(self, path: TomlPath) -> int:
        """Where a key, an array's item or a table's header begins; for what is not there, what would hold it."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]


class _Scan:
    """One walk through the text, which is known to be right: nothing is checked here."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[TomlPath, int] = {(): 1}
        self._items: dict[TomlPath, int] = {}  # how many [[headers]] an array has had

    def run(self) -> dict[TomlPath, int]:
        table: TomlPath = ()
        while self._skip_blank():
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _skip_blank(self) -> bool:
        """Go to what comes next, if anything does."""
        self._match(_BLANK)
        return self._at < len(self._text)

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return match

    def _note(self, path: TomlPath, at: int) -> None:
        self._lines.setdefault(path, bisect_right(self._line_ends, at) + 1)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            match = self._match(_KEY_PART)
            parts.append(match["bare"] or tomllib.loads(f"key = {match['quoted']}")["key"])
            if not match["more"]:
                return parts

    def _header(self) -> TomlPath:
        """``[table]`` or ``[[array]]``; returns the path of what follows."""
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        parts = self._key()
        self._at += brackets
        path: TomlPath = ()
        for number, part in enumerate(parts, start=1):
            path = (*path, part)
            self._note(path, start)
            if number == len(parts) and brackets == 2:
                self._items[path] = self._items.get(path, 0) + 1
            if path in self._items:  # a header speaks of the last item
                path = (*path, self._items[path] - 1)
                self._note(path, start)
        return path

    def _pair(self, table: TomlPath) -> None:
        start = self._at
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self._at += len("=")
        self._skip_blank()
        self._value(path)

    def _value(self, path: TomlPath) -> None:
        first = self._text[self._at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._match(_STRING if first in "\"'" else _PLAIN_VALUE)

    def _array(self, path: TomlPath) -> None:
        self._at += len("[")
        for index in count():
            if self._ends("]"):
                return
            self._note((*path, index), self._at)
            self._value((*path, index))

    def _inline_table(self, path: TomlPath) -> None:
        self._at += len("{")
        while not self._ends("}"):
            self._pair(path)

    def _ends(self, bracket: str) -> bool:
        """Whether an array or inline table ends here; goes past the comma where it does not."""
        self._skip_blank()
        if self._text.startswith(",", self._at):
            self._at += len(",")
            self._skip_blank()
        if self._text.startswith(bracket, self._at):
            self._at += len(bracket)
            return True
        return False
