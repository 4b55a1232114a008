"""An installation without users, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from surroundings.people import Installation, installed


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """Nobody is there yet."""
    with installed(database_url, str(tmp_path)) as running:
        yield running
