"""An installation on both databases: empty, as people find it, or with settings of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paceline.bootstrap import open_context
from paceline.operations.context import Context
from paceline.settings import read_settings
from surroundings.people import Installation, installed
from surroundings.turned_clock import TurnedClock

Open = Callable[..., Context]


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """Nobody is there yet."""
    with installed(database_url, str(tmp_path)) as running:
        yield running


@pytest.fixture
def open_with(database_url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens the installation with settings of the test's own."""
    opened: list[Context] = []

    def open_with(**settings: Any) -> Context:
        context = open_context(read_settings({}, database=database_url, data_dir=str(tmp_path), **settings))
        opened.append(context)
        return replace(context, clock=TurnedClock())

    yield open_with
    for context in opened:
        context.close()


@pytest.fixture
def context(open_with: Open) -> Context:
    """The installation with the usual settings."""
    return open_with()
