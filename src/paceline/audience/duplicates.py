"""Which addresses were already in the file: exact, in bounded memory, for files of any length."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import orjson

from paceline.domain.errors import StoreUnavailable

_CACHE_KIB = 6 * 1024


class SeenAddresses:
    """The addresses so far and their lines, in a private temporary database that spills to disk by itself.

    Nothing of it outlives the object. It may be used from any thread, by one at a time.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in (f"cache_size = -{_CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def add(self, keys: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (key, line) pairs in file order. Returns, for each line that repeats a key, the line of the first.

        Raises StoreUnavailable when there is no room for temporary files.
        """
        first = dict(reversed(keys))
        try:
            stored = self._insert(first)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the list of addresses already read cannot be kept on disk: {error}") from error
        if len(first) == len(keys) and not stored:
            return {}
        first.update(stored)
        return {line: first[key] for key, line in keys if first[key] != line}

    def close(self) -> None:
        """Forget everything. May be called twice."""
        self._database.close()

    def _insert(self, lines: dict[str, int]) -> dict[str, int]:
        """Store new keys; returns the lines of those that were there.

        All in one statement: for each one by itself the interpreter's lock would change hands.
        """
        execute, rows = self._database.execute, (orjson.dumps(dict(sorted(lines.items()))).decode(),)
        stored = execute("INSERT OR IGNORE INTO seen SELECT key, value FROM json_each(?)", rows).rowcount
        if stored == len(lines):
            return {}
        there = "SELECT seen.key, line FROM json_each(?) AS new JOIN seen ON seen.key = new.key AND line <> new.value"
        return dict(execute(there, rows).fetchall())
