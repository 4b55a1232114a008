"""Where campaign files of tests lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from surroundings.campaign_files import write_named_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with everything that campaign files of tests name."""
    monkeypatch.chdir(tmp_path)
    write_named_files()
    return tmp_path
