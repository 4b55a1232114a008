"""A running API, on both databases or where they cannot matter on one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from surroundings.server import Server, running_server


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The API on an empty database."""
    with running_server(database_url, str(tmp_path)) as running:
        yield running


@pytest.fixture
def sqlite_server(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    """The same on SQLite alone, for what no database can change."""
    with running_server(sqlite_url, str(tmp_path)) as running:
        yield running
