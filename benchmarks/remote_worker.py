"""Does a remote worker's report keep up with it? Its backlog, and how late home hears of what was sent.

Controller, worker and mail server are processes of their own on this machine. What is measured and how to read it:
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from databases import surroundings
from paceline.bootstrap import open_context
from paceline.domain.account import Account, Security, SmtpLogin
from paceline.domain.update_schedule import SPACING_SECONDS, interval_seconds
from paceline.operations.campaigns import campaign_drafts, campaign_starting
from paceline.operations.context import Context
from paceline.operations.workers import workers
from paceline.settings import read_settings
from paceline.store.database import sql
from paceline.store.public_ids import IdKind
from paceline.store.queue import accounts, campaigns, home as home_ledger, outbox, workers as stored_workers

_RESULTS = Path(__file__).with_name("results")
_PACELINE = (sys.executable, "-m", "paceline.cli.main")
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How both ends stood at one moment."""

    at: float
    sent: int
    """Messages that home knows as sent."""
    backlog: int
    """Events that home does not know yet."""
    lag_seconds: float
    """The age of the oldest of them."""


def main() -> int:
    """Measure and report; returns the exit code: 1 when the report has not kept up."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="paceline-remote-") as name, ExitStack() as stack:
        folder = Path(name)
        messages = int(options.rate * options.seconds)
        smtp, home_port, worker_port = (_free_port() for _ in range(3))
        sandbox = (*_PACELINE, "sandbox", "--smtp-port", str(smtp))
        stack.enter_context(_running(folder, "sandbox", sandbox, {}))
        at_home, at_worker = _environment(folder, "home", options.scale), _environment(folder, "away", options.scale)
        home = stack.enter_context(closing(open_context(read_settings(at_home))))
        added = workers.add(home, name="away", url=f"http://127.0.0.1:{worker_port}", guarded=False)
        at_worker |= {"WORKER_API_KEY": added.key, "WORKER_SIGNING_KEY": added.signing_key}
        away = stack.enter_context(closing(open_context(read_settings(at_worker))))
        print(f"{messages:,} messages at {options.rate:,}/s; load {os.getloadavg()[0]:.1f}")
        number = _campaign(home, smtp, messages, options)
        senders = ("--senders", str(options.senders))
        listen = (
            "worker",
            *senders,
            "--listen",
            f"127.0.0.1:{worker_port}",
            "--controller",
            f"http://127.0.0.1:{home_port}",
        )
        stack.enter_context(_running(folder, "worker", (*_PACELINE, *listen), at_worker))
        serve = (*_PACELINE, "serve", "--port", str(home_port))
        stack.enter_context(_running(folder, "serve", serve, at_home))
        looks = _watch(home, away, number, messages, longest=options.seconds * 4 + _PATIENCE_SECONDS)
        with home.queue.read() as connection:
            asked = stored_workers.requests_of(connection, 1, now=home.clock.now())
        with away.queue.read() as connection:
            (there,) = home_ledger.every(connection)
            took = campaigns.get(connection, there.campaign_id)
    return _report(options, looks, asked.shortest_gap_seconds or 0.0, _rate(took, messages))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long the campaign lasts at that rate")
    parser.add_argument("--scale", type=float, default=1.0, help="shortens the intervals of the reports")
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--connections", type=int, default=5, help="of each account")
    parser.add_argument("--senders", type=int, default=1, help="sender processes of the worker")
    return parser.parse_args()


def _campaign(home: Context, port: int, messages: int, options: argparse.Namespace) -> int:
    """A started campaign to so many people; its number."""
    people = home.catalogue.rows("rows", email="text")
    with home.catalogue.write() as connection:
        group = connection.execute(
            sql("INSERT INTO lists (workspace_id, name, created_at) VALUES (1, 'news', 0) RETURNING id")
        ).scalar_one()
    for start in range(0, messages, 20_000):
        some = [[f"user{number}@example.com"] for number in range(start, min(start + 20_000, messages))]
        with home.catalogue.write() as connection:
            connection.execute(
                sql(
                    "INSERT INTO contacts (workspace_id, email, email_key, fields, created_at, updated_at) "
                    f"SELECT 1, email, email, '{{}}', 0, 0 FROM ({people}) AS r"
                ),
                {"rows": json.dumps(some)},
            )
            connection.execute(
                sql(
                    "INSERT INTO subscriptions (list_id, contact_id, state, at) SELECT :list, id, 1, 0 FROM contacts "
                    "WHERE id > (SELECT COALESCE(MAX(contact_id), 0) FROM subscriptions WHERE list_id = :list)"
                ),
                {"list": group},
            )
    ids = []
    for number in range(options.accounts):
        login = SmtpLogin(host="127.0.0.1", port=port, security=Security.NONE, username=f"relay-{number}", password="x")
        account = Account(id=0, name=f"relay-{number}", login=login, max_connections=options.connections)
        with home.queue.write() as connection:
            stored = accounts.save(connection, home.box, account, workspace_id=1, channel="email")
        ids.append(home.ids.encode(IdKind.ACCOUNT, stored))
    draft = campaign_drafts.create(
        home,
        name="Away",
        content={
            "from": "ann@example.com",
            "subject": "Hello",
            "text": "Hello\n",
            "unsubscribe_url": "https://example.com/x",
        },
        audience={"lists": [home.ids.encode(IdKind.LIST, group)]},
        accounts=ids,
        worker="away",
        worker_fallback=False,
        rate_per_minute=options.rate * 60,
    )
    campaign_starting.start(home, draft.id)
    found = home.ids.decode(IdKind.CAMPAIGN, draft.id)
    assert found is not None
    return found


def _watch(home: Context, away: Context, number: int, messages: int, *, longest: float) -> list[Look]:
    """Look once a second until home knows everything."""
    looks: list[Look] = []
    began = time.monotonic()
    while time.monotonic() - began < longest:
        time.sleep(1.0)
        with home.queue.read() as connection:
            sent = campaigns.progress(connection, number).counts["sent"]
        with away.queue.read() as connection:
            backlog = connection.execute(sql("SELECT COUNT(*) FROM outbox")).scalar_one()
            oldest = connection.execute(
                sql("SELECT at FROM outbox WHERE kind = 'message' ORDER BY sequence LIMIT 1")
            ).scalar_one_or_none()
            is_going = outbox.pending(connection, acknowledged=0).last > 0
        now = away.clock.now()
        if is_going:
            lag = 0.0 if oldest is None else now - oldest
            looks.append(Look(at=now, sent=sent, backlog=int(backlog), lag_seconds=lag))
        if sent == messages:
            return looks
    raise TimeoutError(f"home knows of {looks[-1].sent if looks else 0:,} of {messages:,} messages")


def _rate(took: campaigns.CampaignRow, messages: int) -> float:
    """Messages a second at the worker, whenever home has heard of them."""
    return messages / ((took.finished_at or 0.0) - (took.started_at or 0.0))


def _report(options: argparse.Namespace, looks: list[Look], gap: float, rate: float) -> int:
    interval = interval_seconds(options.rate * 60) * options.scale
    third = max(len(looks) // 3, 1)
    most = [
        max(look.backlog for look in part) for part in (looks[:third], looks[third:-third] or looks, looks[-third:])
    ]
    lag = max(look.lag_seconds for look in looks)
    bound = 2 * interval
    kept = lag <= bound and gap >= SPACING_SECONDS * options.scale and most[2] <= most[1] * 1.5 + 1000
    found = {
        **surroundings(),
        "rate": options.rate,
        "scale": options.scale,
        "accounts": options.accounts,
        "connections": options.connections,
        "senders": options.senders,
        "reached_per_second": round(rate, 1),
        "backlog_most_by_thirds": most,
        "lag_most_seconds": round(lag, 2),
        "lag_median_seconds": round(statistics.median(look.lag_seconds for look in looks), 2),
        "lag_bound_seconds": bound,
        "shortest_gap_seconds": round(gap, 2),
        "kept_up": kept,
        "looks": [asdict(look) for look in looks],
    }
    for name, value in found.items():
        if name != "looks":
            print(f"{name:<26} {value}")
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / "remote-worker.json"
    path.write_text(json.dumps(found, indent=2) + "\n")
    print(f"\n{path}")
    return 0 if kept else 1


def _environment(folder: Path, end: str, scale: float) -> dict[str, str]:
    data = folder / end
    data.mkdir()
    database = f"sqlite:///{data / 'paceline.db'}"
    return {
        **os.environ,
        "PACELINE_DATABASE": database,
        "PACELINE_DATA_DIR": str(data),
        "PACELINE_WORKER_TIME_SCALE": str(scale),
    }


@contextmanager
def _running(folder: Path, name: str, command: tuple[str, ...], environment: dict[str, str]) -> Iterator[None]:
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
