"""Both ends of the worker protocol, and a mail server to send into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paceline.sandbox.smtp_server import SmtpSandbox
from surroundings.two_ends import TwoEnds, mail_server, two_ends


@pytest.fixture
def ends(database_url: str, tmp_path: Path) -> Iterator[TwoEnds]:
    with two_ends(database_url, tmp_path) as both:
        yield both


@pytest.fixture
def sqlite_ends(sqlite_url: str, tmp_path: Path) -> Iterator[TwoEnds]:
    with two_ends(sqlite_url, tmp_path) as both:
        yield both


@pytest.fixture
def post() -> Iterator[SmtpSandbox]:
    with mail_server() as server:
        yield server
