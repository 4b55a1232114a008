"""What a command loads before it does anything: not what only others need, so that it starts at once."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import paceline

_NO_HTTP = {"aiohttp", "fastapi", "starlette", "uvicorn"}
_NO_DATABASE = {"alembic", "cryptography", "orjson", "prometheus_client", "psycopg", "sqlalchemy"}
_NOTHING = {*_NO_HTTP, *_NO_DATABASE, "asyncio", "pydantic", "rich"}

DOES_WITHOUT = {
    "--version": _NOTHING,
    "--help": _NOTHING,
    "sandbox --help": {*_NO_HTTP, *_NO_DATABASE, "rich"},
    "status": {*_NO_HTTP, "argon2", "email_validator", "flufl", "psycopg"},
    "messages --help": {*_NO_HTTP, "argon2", "email_validator", "flufl", "psycopg"},
    "send --help": {*_NO_HTTP, "argon2", "flufl", "psycopg", "structlog"},
    "sender --help": {*_NO_HTTP, "argon2", "flufl", "psycopg"},
    "serve --help": {*_NO_HTTP, "flufl", "minijinja", "psycopg"},
}

_RUN = """
import sys
from paceline.cli.main import run

code = run(sys.argv[1:])
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


def _run(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PACELINE_DATA_DIR": str(folder), "PACELINE_DATABASE": ""}
    command = [sys.executable, "-c", _RUN, *words.split()]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("words", DOES_WITHOUT)
def test_command_loads_only_what_it_needs(words: str, tmp_path: Path) -> None:
    if words == "status":
        _run(words, tmp_path)  # the first start makes the database
    loaded = {module.partition(".")[0] for module in _run(words, tmp_path).stderr.split()}
    assert "typer" in loaded
    assert loaded & DOES_WITHOUT[words] == set()


def test_version_is_that_of_the_installed_package(tmp_path: Path) -> None:
    said = _run("--version", tmp_path).stdout
    assert said == f"paceline {version('paceline')}\n" == f"paceline {paceline.__version__}\n"
