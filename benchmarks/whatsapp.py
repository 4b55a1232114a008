"""How close to a WhatsApp number's own limit does a campaign come, and what does it cost? Into the simulator, in a process of its own.

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from databases import DATABASES, surroundings
from paceline.sandbox.whatsapp_server import WhatsAppSandbox

_RESULTS = Path(__file__).with_name("results")
_LATENCY_SECONDS = (0.1, 0.6)
_ALLOWED = 1.01
"""The provider's own limit plus 1 %."""

_REUSE = 0.99

_FLAT = 1.1
"""So much larger may ten times as many messages make the process."""


def main() -> int:
    """Run it; returns 1 when it was slower than promised, or when memory grew."""
    options = _options()
    return _memory(options) if options.memory else _one(options)


def _memory(options: argparse.Namespace) -> int:
    """A tenth of the messages, then all of them."""
    peaks = []
    for messages in (options.messages // 10, options.messages):
        part = argparse.Namespace(**{**vars(options), "messages": messages})
        with DATABASES[options.database]() as url, _simulator(options) as simulator:
            found = _measure(part, url, simulator)
        _print(part, found)
        peaks.append(found["peak_megabytes"])
    growth = peaks[1] / peaks[0]
    print(f"peak: {peaks[0]:.0f} MB, then {peaks[1]:.0f} MB ({growth:.2f} times)")
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"whatsapp-memory-{options.database}.json"
    path.write_text(json.dumps({**surroundings(), **vars(options), "peak_megabytes": peaks}, indent=2) + "\n")
    return 0 if growth <= _FLAT else 1


def _one(options: argparse.Namespace) -> int:
    with DATABASES[options.database]() as url, _simulator(options) as simulator:
        found = _measure(options, url, simulator)
    _print(options, found)
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"whatsapp-{options.rate:g}-{options.database}.json"
    path.write_text(json.dumps({**surroundings(), **vars(options), **found}, indent=2) + "\n")
    print(f"\n{path}")
    return 0 if found["seconds"] <= options.messages / options.rate * _ALLOWED and found["reuse"] >= _REUSE else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=80.0, help="messages a second that the number may send")
    parser.add_argument("--memory", action="store_true", help="a tenth of the messages, then all: does memory grow?")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    parser.add_argument("--apart", action="store_true", help="the sender on one core, the simulator on another")
    options = parser.parse_args()
    options.simulator_core = None
    if options.apart:
        own, options.simulator_core = sorted(os.sched_getaffinity(0))[:2]
        os.sched_setaffinity(0, {own})
    return options


@contextlib.contextmanager
def _simulator(options: argparse.Namespace) -> Iterator[Connection]:
    """A simulator; the connection gives its URL, then, asked for, what it counted."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, options.rate, options.simulator_core), daemon=True
    )
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def _serve(pipe: Connection, rate: float, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})

    async def serve() -> None:
        server = WhatsAppSandbox(messages_per_second=rate, latency_seconds=_LATENCY_SECONDS)
        await server.start()
        pipe.send(server.url)
        await asyncio.to_thread(pipe.recv)
        inbox = server.inbox
        taken = len(inbox.arrivals)
        pipe.send(
            {
                "arrived": taken,
                "copies": sum(count - 1 for count in inbox.per_reference.values()),
                "refused": inbox.errors[130429],
                "connections": inbox.connections,
                "at_once": inbox.most_connections,
                "reuse": 1 - inbox.connections / inbox.requests if inbox.requests else 0.0,
                "seconds": inbox.arrivals[-1].at - inbox.arrivals[0].at if taken else 0.0,
            }
        )

    asyncio.run(serve())


def _measure(options: argparse.Namespace, url: str | None, simulator: Connection) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        folder = Path(name)
        file = _write(folder, simulator.recv(), options)
        environment = {**os.environ, "BENCH_TOKEN": "any", "PACELINE_DATA_DIR": name}
        words = [sys.executable, "-m", "paceline.cli.main", "send", str(file), "--senders", "1", "--json"]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(
            [*words, *(["--database", url] if url else [])], env=environment, capture_output=True, check=False
        )
        lasted, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(done.stderr.decode()[-2000:])
        simulator.send("counts")
        counted = simulator.recv()
    summary = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        **counted,
        "sent": summary["sent"],
        "command_seconds": lasted,
        "per_second": counted["arrived"] / counted["seconds"],
        "cpu_us_per_message": cpu / options.messages * 1e6,
        "peak_megabytes": after.ru_maxrss / 1024,
    }


def _write(folder: Path, url: str, options: argparse.Namespace) -> Path:
    lines = (f"+1{2_000_000_000 + number},Name {number}" for number in range(options.messages))
    (folder / "contacts.csv").write_text("\n".join(["phone,first_name", *lines]) + "\n")
    file = folder / "bench.toml"
    file.write_text(
        f"""\
key = "bench"
channel = "whatsapp"
audience = "contacts.csv"

[[templates]]
name = "promo"
language = "en_US"
parameters = {{ body = ["{{{{ contact.first_name }}}}"] }}

[[accounts]]
name = "number-1"
phone_number_id = "106540352242922"
token_env = "BENCH_TOKEN"
api_url = "{url}"
messages_per_second = {options.rate}
"""
    )
    return file


def _print(options: argparse.Namespace, found: dict[str, Any]) -> None:
    least = options.messages / options.rate
    print(
        f"{options.messages} messages at {options.rate:g}/s, latency {_LATENCY_SECONDS[0]:g} to {_LATENCY_SECONDS[1]:g} s"
    )
    print(f"from the first to the last: {found['seconds']:.1f} s; the provider's own limit is {least:.1f} s")
    print(
        f"{found['per_second']:.1f}/s, {found['refused']} refused, {found['copies']} copies, {found['arrived']} arrived"
    )
    print(f"reuse {found['reuse']:.1%}, {found['connections']} connections, {found['at_once']} at once")
    print(f"CPU {found['cpu_us_per_message']:.0f} µs/message (start included), peak {found['peak_megabytes']:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
