"""The judge of crash tests: an SMTP sandbox with an fsynced record in a process of its own, and what its record proves.

``python tests/acceptance/judge.py --record FILE`` prints ``{"port": …, "pid": …}`` when it listens and its totals when
SIGTERM ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import uvloop

from paceline.sandbox import windows
from paceline.sandbox.behaviour_file import load_behaviours
from paceline.sandbox.record import read_record
from paceline.sandbox.smtp_server import SmtpSandbox


def copies(record: Path) -> Counter[str]:
    """d of the rules C2 to C4: copies that the server took, per recipient."""
    return Counter(recipient for entry in read_record(record) if entry.stored for recipient in entry.recipients)


def accepted_per_login_and_window(record: Path, seconds: int, timezone: tzinfo) -> Counter[tuple[str, datetime]]:
    """C7: messages that the server took, per login and calendar window, named by the window's beginning."""
    return windows.count_by_window(_accepted(record), seconds, timezone)


def most_in_any_window(record: Path, seconds: float) -> Counter[str]:
    """C7 for rolling limits: per login, the most messages taken in any window of this length."""
    return windows.most_in_any_window(_accepted(record), seconds)


def _accepted(record: Path) -> Iterator[tuple[str, float]]:
    return ((entry.username, entry.received_at) for entry in read_record(record) if entry.stored)


@dataclass(slots=True, kw_only=True)
class Judge:
    """A running judge. ``totals`` is filled in when it has ended."""

    port: int
    pid: int
    record: Path
    totals: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running_judge(record: Path, *, port: int = 0, behaviour: str | None = None) -> Iterator[Judge]:
    """Start a judge that outlives the kills around it and ends with this block, or with this process."""
    command = [sys.executable, __file__, "--record", str(record), "--port", str(port), "--until-input-ends"]
    if behaviour is not None:
        command += ["--behaviour", behaviour]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        ready = json.loads(process.stdout.readline())
        judge = Judge(port=ready["port"], pid=ready["pid"], record=record)
        try:
            yield judge
        finally:
            process.stdin.close()
            judge.totals = json.loads(process.stdout.readline())


async def _judge(options: argparse.Namespace) -> None:
    sandbox = SmtpSandbox(
        port=options.port,
        record=options.record,
        durable=True,
        behaviours=load_behaviours(options.behaviour) if options.behaviour else None,
    )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ended.set)
    if options.until_input_ends:
        loop.add_reader(sys.stdin, ended.set)
    await sandbox.start()
    print(json.dumps({"port": sandbox.port, "pid": os.getpid()}), flush=True)
    await ended.wait()
    await sandbox.stop()
    mailbox = sandbox.mailbox
    print(
        json.dumps(
            {
                "messages": mailbox.messages,
                "connections": mailbox.connections,
                "most_connections": mailbox.most_connections,
                "most_per_login": mailbox.most_per_login,
                "violations": mailbox.violations,
            }
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="An SMTP server that records what it takes before it answers.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--record", type=Path, required=True, help="gets one JSON line per message")
    parser.add_argument("--behaviour", help="a behaviour file, or the name of one that comes with Paceline")
    parser.add_argument("--until-input-ends", action="store_true", help="end when standard input does")
    uvloop.run(_judge(parser.parse_args()))


if __name__ == "__main__":
    main()
