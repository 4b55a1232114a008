"""Postfix with a configuration and a queue of its own, on an unprivileged port. Its master runs only as root."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from surroundings.ports import free_port
from surroundings.programs import postfix_program
from surroundings.serving import wait_until

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.test.example
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ refused@gone.example = 550 5.1.1 User unknown }} }}, permit_mynetworks, reject
transport_maps = inline:{{ {transports}, {{ over.example = error:5.2.2 mailbox full }} }}
virtual_alias_domains = forward.example
virtual_alias_maps = inline:{{ {{ full@forward.example = full@over.example }} }}
recipient_delimiter = +
maximal_queue_lifetime = 1h
bounce_queue_lifetime = 1h
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtputf8_enable = no
maillog_file = {folder}/log
maillog_file_prefixes = /var, /dev/stdout, {folder}
reports_destination_recipient_limit = 1
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """A running server; ``log`` says what it did."""

    folder: Path
    port: int

    @property
    def log(self) -> str:
        """What it has written so far."""
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text()
        return ""


@contextmanager
def running_postfix(*, transports: dict[str, str], pipe: Sequence[str] = ()) -> Iterator[Postfix]:
    """A server until the block ends. It refuses ``refused@gone.example``, and bounces ``full@forward.example`` softly.

    ``transports``: where the mail of each domain goes. ``pipe`` is the command of the transport ``reports``, run as nobody.
    Skips the test where Postfix is missing or cannot run.
    """
    program = postfix_program("postfix")
    if os.getuid():
        pytest.skip("Postfix's master runs only as root")
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    for name in ("queue", "data", "conf"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    port = free_port()
    table = ", ".join(f"{{ {domain} = {way} }}" for domain, way in transports.items())
    (folder / "conf" / "main.cf").write_text(_MAIN.format(folder=folder, transports=table))
    command = f"reports unix - n n - 2 pipe\n  flags=DRXhu user=nobody argv={' '.join(pipe)}\n" if pipe else ""
    (folder / "conf" / "master.cf").write_text(_MASTER.format(port=port) + command)
    started = subprocess.run(
        [program, "-c", str(folder / "conf"), "start"], capture_output=True, text=True, check=False
    )
    server = Postfix(folder=folder, port=port)
    try:
        assert started.returncode == 0, f"{started.stdout}{started.stderr}{server.log}"
        wait_until(lambda: _answers(port))
        yield server
    finally:
        subprocess.run([program, "-c", str(folder / "conf"), "stop"], capture_output=True, check=False, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            return client.noop()[0] == 250
    except OSError:
        return False
