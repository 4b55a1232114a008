"""The commands as people and scripts run them: real processes, a sandbox in a process of its own, signals, pipes, a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from paceline.sandbox.record import read_record

PACELINE = (sys.executable, "-m", "paceline.cli.main")
_SECONDS = 60


class Home:
    """A folder with contacts, a campaign and a data directory, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "arrived.jsonl"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PACELINE_")}
        self.environment = {**kept, "PACELINE_DATA_DIR": str(folder / "data")}

    def write_campaign(self, port: int, *, contacts: int, accounts: int = 1, **fields: object) -> None:
        rows = "".join(f"contact{number}@example.com,Zoë {number}\n" for number in range(contacts))
        (self.folder / "contacts.csv").write_text(f"email,first_name\n{rows}")
        (self.folder / "spring.html").write_text("<p>Hello {{ contact.first_name }}</p>")
        values = "".join(f"{name} = {value}\n" for name, value in fields.items())
        blocks = (
            f'[[accounts]]\nname = "relay-{number}"\nhost = "127.0.0.{number}"\nport = {port}\nsecurity = "none"\n{values}'
            for number in range(1, accounts + 1)
        )
        (self.folder / "spring.toml").write_text(
            'key = "spring"\nname = "Spring [bold]news"\naudience = "contacts.csv"\n'
            '[content]\nfrom = "news@example.com"\nsubject = "Spring"\nhtml = "spring.html"\n' + "".join(blocks)
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PACELINE, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    def start(self, *words: str, **streams: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*PACELINE, *words],
            cwd=self.folder,
            env=self.environment,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )

    @contextmanager
    def sandbox(self, *words: str) -> Iterator[int]:
        """A sandbox on every address of this machine's loopback, so that equal accounts have different hosts."""
        options = ("--host", "0.0.0.0", "--smtp-port", "0", "--record", str(self.record), "--until-input-ends")
        with self.start("sandbox", *options, *words, stdin=subprocess.PIPE, stderr=None) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on smtp://")
            yield int(line.rpartition(":")[2])
            process.communicate(timeout=_SECONDS)

    def copies(self) -> Counter[str]:
        return Counter(
            recipient for entry in read_record(self.record) if entry.stored for recipient in entry.recipients
        )

    def each_once(self, contacts: int) -> bool:
        return self.copies() == Counter(f"contact{number}@example.com" for number in range(contacts))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """Read standard error up to a line that matches."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(pattern, line):
            return line
    raise AssertionError(f"the process ended without {pattern!r}")


def test_campaign_is_sent_once_and_then_only_reported(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=200, accounts=3)
        first, second = home.run("send", "spring.toml", "--json"), home.run("send", "spring.toml", "--json")
    for done in (first, second):
        assert done.returncode == 0
        summary = json.loads(done.stdout)
        assert (summary["status"], summary["sent"], summary["total"]) == ("completed", 200, 200)
    assert home.each_once(200)


def test_progress_is_plain_lines_without_a_terminal(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=20)
        done = home.run("send", "spring.toml")
    assert done.stdout.startswith("spring is completed: 20 of 20 messages sent")
    assert "\x1b" not in done.stdout + done.stderr
    assert re.search(r"^\d\d:\d\d:\d\d spring completed: 20 of 20 sent \(100 %\)", done.stderr, re.MULTILINE)


def test_panel_keeps_within_a_terminal_of_80_columns(home: Home) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    home.environment |= {"TERM": "xterm"}
    with home.sandbox() as port:
        home.write_campaign(port, contacts=60, accounts=30, rate_per_minute=60)
        with home.start("send", "spring.toml", stdout=subprocess.DEVNULL, stderr=theirs) as process:
            os.close(theirs)
            shown = _everything(ours)
        assert process.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").split("\n")
    assert max(map(cell_len, lines)) <= 80
    assert any("Spring [bold]news" in line and "running" in line for line in lines)
    assert any(re.search(r"● relay-1 +\d", line) for line in lines)
    assert any(line.startswith("   and ") and "more: " in line for line in lines)
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1


def _everything(terminal: int) -> str:
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # what Linux says when nobody holds the other side any more
            chunk = b""
        if not chunk:
            os.close(terminal)
            return b"".join(chunks).decode()
        chunks.append(chunk)


def test_terminated_campaign_ends_in_order_and_goes_on_when_it_is_sent_again(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=120, rate_per_minute=900)
        with home.start("send", "spring.toml", "--json") as process:
            _wait_for(process, r"spring running: [1-9]\d* of")
            process.send_signal(signal.SIGTERM)
            said, notices = process.communicate(timeout=_SECONDS)
        assert process.returncode == 3
        assert "press Ctrl-C again" in notices
        summary = json.loads(said)
        assert (summary["status"], summary["sending"], summary["uncertain"]) == ("running", 0, 0)
        assert 0 < summary["sent"] < 120
        assert home.run("send", "spring.toml").returncode == 0
    assert home.each_once(120)


def test_second_interrupt_leaves_at_once(home: Home) -> None:
    behaviour = home.folder / "silent.toml"
    behaviour.write_text('[[rules]]\nstage = "dot"\nanswer = "none"\nstored = true\n')
    with home.sandbox("--behaviour", str(behaviour)) as port:
        home.write_campaign(port, contacts=1)
        with home.start("send", "spring.toml") as process:
            _wait_for(process, r"spring running: 0 of 1 sent.*1 sending")
            process.send_signal(signal.SIGINT)
            _wait_for(process, "press Ctrl-C again")
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=_SECONDS) == 130


def test_pause_by_another_process_ends_sending_with_3_and_resume_lets_it_finish(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=300, rate_per_minute=900)
        with home.start("send", "spring.toml") as process:
            _wait_for(process, r"spring running: [1-9]\d* of")
            assert home.run("pause", "spring").returncode == 0
            said, _ = process.communicate(timeout=_SECONDS)
        assert process.returncode == 3
        assert "`paceline resume spring` lets it go on" in said
        assert home.run("resume", "spring").returncode == 0
        assert home.run("send", "spring.toml").returncode == 0
    assert home.each_once(300)


def test_exhausted_limits_end_with_3_when_asked_to(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=20, accounts=2, daily_limit=5)
        done = home.run("send", "spring.toml", "--exit-when-paused", "--json")
        assert done.returncode == 3
        summary = json.loads(done.stdout)
        assert (summary["status"], summary["sent"]) == ("paused_limits", 10)
        assert "daily limit 5 reached" in home.run("explain", "spring").stdout
        assert home.run("stop", "spring").returncode == 0
        assert home.run("resume", "spring").returncode == 2
    assert sum(home.copies().values()) == 10


def test_what_was_sent_can_be_looked_up(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=3)
        home.run("send", "spring.toml")
    lines = home.run("messages", "spring").stdout.splitlines()
    assert [line.split("\t")[:4] for line in lines] == [
        [f"contact{number}@example.com", "sent", "relay-1", "1"] for number in range(3)
    ]
    found = [
        json.loads(line) for line in home.run("messages", "spring", "--state", "sent", "--json").stdout.splitlines()
    ]
    assert {entry.message_id for entry in read_record(home.record)} == {one["message_id"] for one in found}
    assert home.run("messages", "spring", "--state", "failed").stdout == ""
    assert json.loads(home.run("status", "--json").stdout)["key"] == "spring"
    assert "completed" in home.run("status").stdout
    assert "100 %" in home.run("status", "spring").stdout


def test_reader_who_has_seen_enough_ends_a_list_quietly(home: Home) -> None:
    with home.sandbox() as port:
        home.write_campaign(port, contacts=3_000, accounts=4, max_connections=4)
        assert home.run("send", "spring.toml").returncode == 0
    with home.start("messages", "spring") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=_SECONDS) == 0


def test_sandbox_counts_and_ends_with_whoever_holds_its_input(home: Home) -> None:
    options = ("--smtp-port", "0", "--json", "--until-input-ends")
    with home.start("sandbox", *options, stdin=subprocess.PIPE) as process:
        port = int(_wait_for(process, "^listening on smtp://127.0.0.1:").rpartition(":")[2])
        home.write_campaign(port, contacts=5)
        home.run("send", "spring.toml")
        said, _ = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0
    counts = json.loads(said)
    assert (counts["messages"], counts["recipients"], counts["recipients_of_several"]) == (5, 5, 0)


def test_sandbox_on_a_port_that_is_taken_says_so(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = home.run("sandbox", "--smtp-port", str(port))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"sandbox: --smtp-port: cannot listen on 127.0.0.1 port {port}: ")


def test_account_can_be_tried_before_it_is_used(home: Home) -> None:
    home.environment["RELAY_PASSWORD"] = "secret"
    account = ("--name", "relay-1", "--host", "127.0.0.1", "--security", "none", "--username", "ann")
    with home.sandbox() as port:
        home.run("accounts", "add", *account, "--port", str(port), "--password-env", "RELAY_PASSWORD")
        works = home.run("accounts", "test", "relay-1")
        assert (works.returncode, works.stderr) == (0, "")
    fails = home.run("accounts", "test", "relay-1")
    assert fails.returncode == 1
    (line,) = fails.stderr.splitlines()
    assert line.startswith("relay-1 cannot be used: ")


def test_doctor_is_content_with_a_database_in_use_and_fails_without_one(home: Home) -> None:
    home.run("database", "upgrade")
    well = home.run("doctor", "--json")
    assert well.returncode == 0
    assert {json.loads(line)["status"] for line in well.stdout.splitlines()} <= {"ok", "warning"}
    home.environment["PACELINE_DATABASE_CONNECT_ATTEMPTS"] = "1"
    ill = home.run("doctor", "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert ill.returncode == 1
    assert "FAILED" in ill.stdout


def test_database_that_cannot_be_reached_is_one_line(home: Home) -> None:
    home.environment["PACELINE_DATABASE_CONNECT_ATTEMPTS"] = "1"
    done = home.run("status", "--database", "postgresql://nobody:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "127.0.0.1" in line
    assert "secret" not in line


def test_backup_comes_back(home: Home) -> None:
    home.run("suppression", "add", "ann@example.com", "--reason", "asked by phone")
    assert home.run("database", "backup", "copy").returncode == 0
    home.run("suppression", "lift", "ann@example.com")
    assert home.run("suppression", "list").stdout == ""
    assert home.run("database", "restore", "copy").returncode == 0
    listed = json.loads(home.run("suppression", "list", "--json").stdout)
    assert (listed["address"], listed["reason"]) == ("ann@example.com", "asked by phone")


def test_demo_brings_every_contact_exactly_one_message(home: Home) -> None:
    done = home.run("demo", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    summary = json.loads(done.stdout)
    assert (summary["status"], summary["sent"], summary["total"]) == ("completed", 1_000, 1_000)
    assert len(summary["accounts"]) == 10
    (folder,) = (home.folder / "data" / "demo").iterdir()
    assert len(list((folder / "mails").iterdir())) == 1_000


def test_whatsapp_demo_brings_every_number_exactly_one_message(home: Home) -> None:
    done = home.run("demo", "--channel", "whatsapp", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    summary = json.loads(done.stdout)
    assert (summary["status"], summary["sent"], summary["refused"]) == ("completed", 1_000, 12)
    assert summary["channel"] == "whatsapp"
