"""The first start of a server: it prints a link, the link makes the first user, and later starts print none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from surroundings.people import PASSWORD, token_of
from surroundings.serving import wait_until


@contextmanager
def started(database_url: str, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """``paceline serve`` on a free port, whose standard output can be read."""
    log = data_dir / "serve.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "paceline.cli.main", "serve", "--port", "0", "--senders", "0"],
            env={**os.environ, "PACELINE_DATABASE": database_url, "PACELINE_DATA_DIR": str(data_dir)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


def test_link_of_the_first_start_makes_the_first_user(bare_database_url: str, tmp_path: Path) -> None:
    with started(bare_database_url, tmp_path) as process:
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline().strip()]
        assert "There is no user yet" in said[0]
        address = urlsplit(said[1])
        assert token_of(said[1]) not in (tmp_path / "serve.log").read_text()
        new = {"token": token_of(said[1]), "email": "olga@example.com", "name": "Olga", "password": PASSWORD}
        with httpx.Client(base_url=f"http://{address.netloc}", trust_env=False, timeout=60) as client:
            assert client.post("/api/v1/setup", json=new).status_code == 201
            assert client.get("/api/v1/session").json()["workspace"]["role"] == "owner"
    log = tmp_path / "serve.log"
    with started(bare_database_url, tmp_path) as process:
        wait_until(lambda: log.read_text().count("ready on http") == 2)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.read() == ""
