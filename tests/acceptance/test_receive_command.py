"""`paceline receive`, as an MTA's pipe runs it: the exit code decides whether the mail is brought again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from surroundings.reports import bounce
from surroundings.sending import opened
from surroundings.tracked import Tracked


def receive(mail: bytes, *words: str, directory: Path, database: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PACELINE_DATA_DIR": str(directory), "PACELINE_DATABASE": database}
    command = [sys.executable, "-m", "paceline.cli.main", "receive", *words]
    return subprocess.run(command, input=mail, env=environment, capture_output=True, timeout=60, check=False)


def test_mail_is_taken_or_has_to_be_brought_again(tmp_path: Path, sqlite_url: str) -> None:
    with opened(sqlite_url, tmp_path) as context:
        tracked = Tracked.campaign(context, sent=1)
        mail = bounce(to="x@example.com") + b"rest of the message\r\n" * 100_000
        done = receive(mail, "--to", tracked.bounce_address(), directory=tmp_path, database=sqlite_url)
        assert (done.returncode, done.stdout) == (0, b""), done.stderr
        assert tracked.counts() == {"bounced": 1, "bounced_hard": 1}
    for wrong in ("postgresql://127.0.0.1:1/nowhere?connect_timeout=2", "mysql://x/y"):
        again = receive(mail, directory=tmp_path, database=wrong)
        assert again.returncode == 75, again.stderr
        assert again.stderr
