"""Databases with every table of ours and nothing in them: made by the migrations once, and then copied, which is much faster.

They belong to no installation yet: whoever opens one first makes it one.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from paceline.settings import read_settings
from paceline.store.migrations import CATALOGUE, QUEUE
from paceline.store.opening import connect_queue, prepare


def make_tables(url: str) -> None:
    """Bring both schemas into an empty database."""
    with closing(connect_queue(read_settings({}, database=url))) as database:
        for schema in (QUEUE, CATALOGUE):
            prepare(database, schema)


def sqlite_with_tables(path: Path) -> str:
    """Make such a database in a file; returns its URL. The file must not be there."""
    with path.open("xb") as file:
        file.write(_content())
    return f"sqlite:///{path}"


@cache
def _content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        make_tables(f"sqlite:///{path}")
        assert [file.name for file in Path(folder).glob("template.db-wal")] == []  # all of it is in the file
        return path.read_bytes()
