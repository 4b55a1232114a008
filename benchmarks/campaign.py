"""The campaign that is measured, and ``paceline send`` as a process of its own with its CPU time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PARAGRAPH = (
    "Spring is the time in which the whole team opens the windows, puts the chairs outside and looks at what the long "
    "winter has left on the shelves. This year that is more than ever: {{ contact.city }} gets a table of its own. "
)
_HTML = (
    "<html><body><h1>Hello {{ contact.first_name }}</h1>\n"
    + "".join(f"<p>{_PARAGRAPH * 3}</p>\n" for _ in range(3))
    + '<p><a href="https://example.com/orders/{{ contact.order }}">Your order {{ contact.order }}</a></p></body></html>\n'
)
_TEXT = "Hello {{ contact.first_name }},\n\n" + f"{_PARAGRAPH}\n\n" * 4 + "Your order: {{ contact.order }}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One campaign that was sent."""

    messages_per_second: float
    cpu_seconds: float
    """User and system time of the command and its helpers, their start included."""
    peak_megabytes: float
    """Of the largest of these processes."""


def write_campaign(
    directory: Path, *, contacts: int, port: int, accounts: int = 10, connections: int = 5, key: str = "bench"
) -> Path:
    """Write the files of a campaign through ``accounts`` addresses of this machine; returns the campaign file."""
    (directory / "spring.html").write_text(_HTML)
    (directory / "spring.txt").write_text(_TEXT)
    with (directory / "contacts.csv").open("w", encoding="utf-8") as audience:
        audience.write("email,first_name,city,plan,order\n")
        for n in range(contacts):
            audience.write(f"user{n}@example{n % 50}.com,Zoë {n},München,pro,{n * 7}\n")
    blocks = [
        f'[[accounts]]\nname = "relay-{n}"\nhost = "127.0.{(n - 1) // 250}.{(n - 1) % 250 + 1}"\nport = {port}\nsecurity = "none"\n'
        f"max_connections = {connections}\n"
        for n in range(1, accounts + 1)
    ]
    file = directory / "campaign.toml"
    file.write_text(
        f'key = "{key}"\naudience = "contacts.csv"\n\n'
        '[content]\nfrom = "Ann Lee <ann@example.com>"\n'
        'subject = "Hello {{ contact.first_name }}, news from {{ contact.city }}"\n'
        'html = "spring.html"\ntext = "spring.txt"\n\n'
        '[tracking]\nunsubscribe_url = "https://example.com/leave/{{ contact.order }}"\n\n' + "\n".join(blocks)
    )
    return file


def send(
    *,
    contacts: int,
    port: int,
    database: str | None,
    key: str,
    accounts: int = 10,
    connections: int = 5,
    senders: int = 1,
) -> Run:
    """Send a campaign with ``paceline send`` in a fresh data directory. ``database`` None: SQLite in there."""
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        directory = Path(name)
        file = write_campaign(
            directory, contacts=contacts, port=port, accounts=accounts, connections=connections, key=key
        )
        url = database or f"sqlite:///{directory / 'paceline.db'}"
        command = [sys.executable, "-m", "paceline.cli.main", "send", str(file), "--json", "--database", url]
        command += ["--senders", str(senders)]
        command = [*os.environ.get("BENCH_PREFIX", "").split(), *command]
        with (directory / "log").open("w+") as log, (directory / "out").open("w+") as output:
            environment = {**os.environ, "PACELINE_DATA_DIR": name}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything at each start would be measured too
            process = subprocess.Popen(command, stdout=output, stderr=log, env=environment)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            log.seek(0)
            summary = json.loads(output.read() or "{}")
            if process.returncode != 0 or summary.get("sent") != contacts:
                raise RuntimeError(f"the campaign was not sent: {summary}\n{log.read()[-2000:]}")
    return Run(
        messages_per_second=contacts / summary["elapsed_seconds"],
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_megabytes=used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
    )
