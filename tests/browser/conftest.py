"""Chromium, and a running API with its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paceline.api.ui import made_files
from surroundings.browser import Visitor, installed, running_browser, session_of, visitor
from surroundings.server import Server, running_server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Not for longer than a file: Playwright holds an event loop that no other test could run its own beside."""
    if installed() is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    if not (made_files() / "index.html").is_file():
        pytest.fail("the web interface was not made: `make web`")
    with running_browser() as running:
        yield running


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Iterator[Server]:
    """The API on a SQLite database that nobody has used: what differs between the databases is tested below the pages."""
    with running_server(sqlite_url, str(tmp_path), api_rate_per_second=1e6, api_rate_burst=1e6) as running:
        yield running


@pytest.fixture
def owner(browser: Browser, server: Server) -> Iterator[Visitor]:
    """An owner who is logged in."""
    with visitor(browser, server.url, session=session_of(server)) as somebody:
        yield somebody
