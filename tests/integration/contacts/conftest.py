"""The parts of an installation with an empty catalogue, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.bootstrap import open_context
from paceline.operations.context import Context
from paceline.settings import read_settings


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    """The first workspace of an empty installation."""
    opened = open_context(read_settings({}, database=database_url, data_dir=str(tmp_path / "data")))
    yield opened
    opened.close()
