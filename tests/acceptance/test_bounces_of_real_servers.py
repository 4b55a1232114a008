"""The whole way round: Postfix takes a campaign, refuses some recipients and bounces others, and the reports come back through
Dovecot by IMAP, through the pipe, and over LMTP, each to the message that it is about.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paceline.chores.mailbox_readers import MailboxReaders
from paceline.operations.context import Context
from paceline.operations.incoming import mailboxes
from paceline.operations.incoming.receiving import intake_of, listening_for_mail
from paceline.outbound.address_guard import AddressGuard
from paceline.store.database import sql
from surroundings.certificates import Certificates
from surroundings.dovecot import PASSWORD, Dovecot, running_dovecot
from surroundings.ports import free_port
from surroundings.postfix import Postfix, running_postfix
from surroundings.sending import opened, send_to_the_end, write_campaign
from surroundings.serving import wait_until

KEY = "a key of the test"
RECIPIENTS = ("refused@gone.example", "nobody@gone.example", "full@forward.example", "fine@there.example")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where everybody on the machine may write: the pipe runs as nobody."""
    made = Path(tempfile.mkdtemp(prefix="paceline-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def python_for_everybody() -> str:
    """An interpreter of this version that nobody may run. Skips the test where there is none."""
    usual = f"/usr/bin/python3.{sys.version_info.minor}"
    for path in (sys.executable, usual):
        tried = (
            subprocess.run(
                [path, "-c", "import paceline.cli.main"],
                user="nobody",
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
                capture_output=True,
                check=False,
            )
            if Path(path).exists() and os.access(path, os.X_OK) and _may_run(path)
            else None
        )
        if tried is not None and tried.returncode == 0:
            return path
    pytest.skip("the user nobody, as whom Postfix runs a pipe, may not run this Python")


def _may_run(path: str) -> bool:
    try:
        return subprocess.run([path, "-c", ""], user="nobody", env={}, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pipe_script(folder: Path, database: str) -> Path:
    script = folder / "receive"
    script.write_text(
        f"#!/bin/sh\nexport PACELINE_SECRET_KEY='{KEY}' PACELINE_DATA_DIR={folder} PACELINE_DATABASE={database}\n"
        f"export PYTHONPATH={os.pathsep.join(sys.path)} PYTHONDONTWRITEBYTECODE=1\n"
        f'exec {python_for_everybody()} -m paceline.cli.main receive --to "$1"\n'
    )
    script.chmod(0o755)
    return script


def send_campaign(context: Context, folder: Path, server: Postfix, key: str) -> None:
    tables = f'[tracking]\nbase_url = "https://t.example.com"\nbounce_address = "bounce@{key}.example"\n'
    file = write_campaign(folder, contacts=RECIPIENTS, accounts=[{"port": server.port}], key=key, tables=tables)
    asyncio.run(send_to_the_end(context, file))


def outcome(context: Context, key: str) -> dict[str, tuple[Any, ...]]:
    """Address -> state of the message, and what came back about it."""
    statement = (
        "SELECT m.address, m.state, f.kind, f.rule FROM messages m JOIN campaigns c ON c.id = m.campaign_id "
        "LEFT JOIN facts f ON f.message_id = m.id WHERE c.key = :key"
    )
    with context.queue.read() as connection:
        return {row[0]: tuple(row)[1:] for row in connection.execute(sql(statement), {"key": key})}


def come_back(context: Context, key: str) -> dict[str, tuple[Any, ...]]:
    return {address: what[1:] for address, what in outcome(context, key).items() if what[1] is not None}


def add_mailbox(context: Context, server: Dovecot) -> None:
    fields = {"name": "bounces", "host": "localhost", "port": server.imaps, "username": "bounce", "password": PASSWORD}
    mailboxes.add(context, {**fields, "security": "tls", "ca_file": str(server.ca_file)}, guarded=False)


def readers(context: Context) -> MailboxReaders:
    return MailboxReaders(
        queue=context.queue,
        box=context.box,
        intake=intake_of(context),
        guard=AddressGuard(),
        now=context.clock.now,
        connections=5,
        poll_seconds=60,
    )


def test_reports_of_real_servers_find_their_messages(folder: Path, certificates: Certificates) -> None:
    database = f"sqlite:///{folder / 'paceline.db'}"
    with ExitStack() as stack:
        dovecot = stack.enter_context(running_dovecot(certificates, users=["bounce", "fine"]))
        context = stack.enter_context(opened(database, folder, secret_key=KEY))
        context = replace(context, settings=replace(context.settings, lmtp_port=free_port()))
        local = f"lmtp:inet:127.0.0.1:{dovecot.lmtp}"
        transports = {
            "gone.example": local,
            "there.example": local,
            "imap.example": local,
            "lmtp.example": f"lmtp:inet:127.0.0.1:{context.settings.lmtp_port}",
            "pipe.example": "reports:",
        }
        command = [str(pipe_script(folder, database)), "${original_recipient}"]
        postfix = stack.enter_context(running_postfix(transports=transports, pipe=command))
        for path in folder.glob("*"):
            path.chmod(path.stat().st_mode | 0o666)
        stack.enter_context(listening_for_mail(context))
        add_mailbox(context, dovecot)
        stop = threading.Event()
        reading = threading.Thread(target=readers(context).run, args=(stop,))
        reading.start()
        stack.callback(reading.join)
        stack.callback(stop.set)
        expected = {"nobody@gone.example": ("bounced", "hard"), "full@forward.example": ("bounced", "soft")}
        for key in ("imap", "lmtp", "pipe"):
            send_campaign(context, folder, postfix, key)
            wait_until(lambda key=key: len(come_back(context, key)) == 2)  # type: ignore[misc]  # bound now
            found = outcome(context, key)
            assert come_back(context, key) == expected, postfix.log
            assert {address: what[0] for address, what in found.items()} == {
                "refused@gone.example": 5,
                "nobody@gone.example": 4,
                "full@forward.example": 4,
                "fine@there.example": 4,
            }
            context.queue.execute("DELETE FROM suppressions")  # the next campaign is for the same people
        assert len(dovecot.flags("fine")) == 3
        row = mailboxes.get(context, "bounces")
        assert (row.matched, row.mails) == (2, 2)
