"""Where senders are caught, killed and started again: one campaign, one judge, one database."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.crash import killed_sender, rules
from acceptance.crash.rules import Ended, Kill, Sample
from acceptance.judge import copies, running_judge
from paceline.settings import read_settings
from paceline.store.database import Database
from paceline.store.opening import connect_queue

KEY = "crash"
HOURLY_LIMIT = 25

SHORT_LEASE = {
    "PACELINE_LEASE_SECONDS": "1.5",
    "PACELINE_LEASE_MARGIN_SECONDS": "0.3",
    "PACELINE_HEARTBEAT_SECONDS": "0.3",
}
"""Settings with which a sender that is stopped is declared dead soon."""

_TESTS = Path(__file__).parents[2]

# Some recipients are refused, some deferred once, as in real life: what becomes of them must be true as well.
_BEHAVIOUR = """
[[rules]]
stage = "dot"
recipient = "unwanted*"
reply = "554 5.7.1 not wanted here"
[[rules]]
stage = "rcpt"
recipient = "nobody*"
reply = "550 5.1.1 no such user"

[[rules]]
stage = "dot"
recipient = "later*"
per = "recipient"
first = 1
reply = "451 4.3.0 try again later"

[[rules]]
stage = "dot"
delay_seconds = {delay_seconds}
"""

_CAMPAIGN = """
key = "{key}"
audience = "contacts.csv"
retry_delay_seconds = 0.1

[content]
from = "Ann Lee <ann@example.com>"
subject = "Hello {{{{ contact.name }}}}"
text = "letter.txt"
"""

_ACCOUNT = """
[[accounts]]
name = "relay-{number}"
host = "127.0.0.1"
port = {port}
security = "none"
username = "relay-{number}"
password_env = "RELAY_PASSWORD"
max_connections = {connections}
hourly_limit = {hourly_limit}
rate_per_minute = {rate_per_minute}
"""


def environment_of_tests() -> dict[str, str]:
    """The environment of a process that imports what is below ``tests``."""
    paths = (str(_TESTS), os.environ.get("PYTHONPATH", ""))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


class Running:
    """A sender that was started. Every way to wait for it blocks until it happens."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit_code: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether its end has not been waited for."""
        return self._exit_code is None

    def wait_until_caught(self) -> bool:
        """Wait until it has stopped itself; False when it ended instead."""
        return self._wait(os.WSTOPPED | os.WEXITED) is None

    def wake(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for its end; returns its exit code, a negative one after a signal."""
        while self._exit_code is None:
            self._wait(os.WEXITED)
        return self._exit_code

    def _wait(self, what: int) -> int | None:
        if self._exit_code is None:
            found = os.waitid(os.P_PID, self.pid, what)
            if found is not None and found.si_code != os.CLD_STOPPED:
                self._exit_code = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        return self._exit_code


@dataclass(slots=True, kw_only=True)
class Arena:
    """A campaign on disk, and the means to send it. ``accounts`` of ``connections`` each; the first one is limited."""

    folder: Path
    database_url: str
    judge_port: int
    record: Path
    messages: int
    accounts: int = 4
    connections: int = 3
    hourly_limit: int = HOURLY_LIMIT
    rate_per_minute: float = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    parts: int = 10
    """In how many transactions the audience is queued."""
    forks: bool = False
    """Whether senders are forked off this process, which must have one thread only."""
    kills: list[Kill] = field(default_factory=list)
    database: Database = field(init=False)
    _started: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = connect_queue(read_settings(self.environment()))
        self._write()

    @property
    def file(self) -> Path:
        return self.folder / "campaign.toml"

    def environment(self) -> dict[str, str]:
        """The environment of a sender."""
        return {
            **environment_of_tests(),
            "PACELINE_DATABASE": self.database_url,
            "PACELINE_DATA_DIR": str(self.folder / "data"),
            "RELAY_PASSWORD": "secret",
            **self.settings,
        }

    def start(self, *, step: str | None = None, call: int = 1, engine: str | None = None) -> Running:
        """Start a sender that stops itself at a step, or is broken, or neither."""
        words = [str(self.file), "--part", str(max(self.messages // self.parts, 1))]
        words += ["--step", step, "--call", str(call)] if step else []
        words += ["--engine", engine] if engine else []
        sender = Running(self._fork(words) if self.forks else self._spawn(words))
        self._started.append(sender)
        return sender

    def close(self) -> None:
        """Leave no sender behind, whatever has happened."""
        for sender in self._started:
            if sender.is_there:
                sender.kill()
        self.database.close()

    def _spawn(self, words: list[str]) -> int:
        with (self.folder / "senders.log").open("a") as log:
            command = [sys.executable, "-m", "acceptance.crash.killed_sender", *words]
            process = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
        process.returncode = 0  # Running waits for it
        return process.pid

    def _fork(self, words: list[str]) -> int:
        """A new process without the time that a new interpreter takes."""
        self.database.close()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            log = os.open(self.folder / "senders.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.environ.update(self.environment())
            random.seed()
            code = killed_sender.main(words)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    def kill_at(self, step: str, call: int, *, engine: str | None = None) -> bool:
        """Start a sender, kill it with SIGKILL at a step; False when it came to its end before."""
        sender = self.start(step=step, call=call, engine=engine)
        if not sender.wait_until_caught():
            sender.end()
            return False
        self.kills.append(Kill(step=step, open_connections=self.open_connections(), sample=self.sample()))
        sender.kill()
        return True

    def sample(self) -> Sample | None:
        return rules.sample(self.database, KEY)

    def ended(self) -> Ended:
        """What the rules are asked about."""
        return rules.ended(
            self.database,
            KEY,
            self.record,
            total=self.messages,
            hourly_limits={"relay-1": self.hourly_limit},
            kills=self.kills,
        )

    def open_connections(self) -> int:
        """Connections to the judge that are established now, by the kernel's own table."""
        port = f":{self.judge_port:04X}"
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(1 for _, _, far, state, *_ in map(str.split, lines) if far.endswith(port) and state == "01")

    def copies_so_far(self) -> int:
        """Messages that the judge has taken."""
        return copies(self.record).total() if self.record.exists() else 0

    def _write(self) -> None:
        rows = "".join(f"{_address(number)},Name {number}\n" for number in range(self.messages))
        (self.folder / "contacts.csv").write_text("email,name\n" + rows)
        (self.folder / "letter.txt").write_text("Dear {{ contact.name }},\n\n.this line begins with a dot\n" * 20)
        accounts = "".join(
            _ACCOUNT.format(
                number=number,
                port=self.judge_port,
                connections=self.connections,
                hourly_limit=self.hourly_limit if number == 1 else 0,
                rate_per_minute=self.rate_per_minute,
            )
            for number in range(1, self.accounts + 1)
        )
        self.file.write_text(_CAMPAIGN.format(key=KEY) + accounts)


def _address(number: int) -> str:
    # One hard bounce in 125: kills lose answers, but no refusals at RCPT, so that these are twice their share; at 5 % the
    # campaign would be paused for its health.
    kind = "nobody" if number % 125 == 7 else {23: "later", 41: "unwanted"}.get(number % 50, "user")
    return f"{kind}{number}@example.org"


@contextmanager
def open_arena(
    folder: Path, database_url: str, *, messages: int, delay_seconds: float = 0.03, **options: object
) -> Iterator[Arena]:
    """A judge that answers each message after ``delay_seconds``, a campaign of that many messages, a database."""
    record, behaviour = folder / "record.jsonl", folder / "behaviour.toml"
    behaviour.write_text(_BEHAVIOUR.format(delay_seconds=delay_seconds))
    with running_judge(record, behaviour=str(behaviour)) as judge:
        arena = Arena(
            folder=folder,
            database_url=database_url,
            judge_port=judge.port,
            record=record,
            messages=messages,
            **options,  # type: ignore[arg-type]  # each field has its own type
        )
        try:
            yield arena
        finally:
            arena.close()
