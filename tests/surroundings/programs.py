"""Programs of other projects that some tests run against."""

from __future__ import annotations

import shutil

import pytest


def postfix_program(name: str) -> str:
    """The path of one of Postfix's programs. Skips the test where it is not installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/libexec/postfix:/usr/local/sbin")
    if path is None:
        pytest.skip(f"{name} is not installed (Debian: apt install postfix)")
    return path
