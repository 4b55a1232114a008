"""What tests of lists, segments, templates and their campaigns share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.operations.context import Context
from surroundings.sending import opened


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[Context]:
    """Everything an operation needs, on an empty database of each kind."""
    with opened(database_url, tmp_path) as context:
        yield context
