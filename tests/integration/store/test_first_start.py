"""Several processes start on an empty database at the same moment: one of them makes it, and all can use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from paceline.store.queue import accounts
from surroundings.sending import opened

_PROCESSES = 4

_START = """
import sys
from alembic import command  # imported before, so that all are equally fast
from paceline.bootstrap import open_context
from paceline.domain.account import Account, SmtpLogin
from paceline.settings import read_settings
from paceline.store.queue import accounts

url, folder, number = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
context = open_context(read_settings({}, database=url, data_dir=folder))
login = SmtpLogin(host=f"host-{number}.example.com", port=25, password=f"secret {number}")
with context.queue.write() as connection:
    accounts.save(connection, context.box, Account(id=0, name=number, login=login), workspace_id=1, channel="email")
context.close()
"""


def _start_at_once(url: str, folder: Path) -> list[str]:
    """What the processes have to complain of."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _START, url, str(folder), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(_PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [error for process in processes if (error := process.communicate()[1])]


def test_processes_that_start_at_once_share_schema_and_key(bare_database_url: str, tmp_path: Path) -> None:
    assert _start_at_once(bare_database_url, tmp_path) == []
    with opened(bare_database_url, tmp_path) as context, context.queue.read() as connection:
        ids = [standing.id for standing in accounts.standings(connection)]
        passwords = {accounts.load(connection, context.box, one).smtp.password for one in ids}
    assert passwords == {f"secret {number}" for number in range(_PROCESSES)}
