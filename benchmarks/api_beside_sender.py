"""How fast does the API answer beside a sender at full speed, against the idle API; and what does the sender lose?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from databases import DATABASES, surroundings
from postfix import Missing, sink
from running_campaign import started
from serving import new_key, parts, serving

_SENDING_CORE, _API_CORE = {1}, {0}
_WARM_UP_SECONDS = 3.0  # connections are opened, and a new server does everything for the first time
_RESULTS = Path(__file__).with_name("results")


@dataclass(slots=True)
class Asked:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    warming_up: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def shown(self) -> dict[str, float]:
        """Milliseconds at the percentiles, and how many went wrong."""
        ordered = sorted(self.seconds)
        at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for name, share in _SHARES.items()}
        return {name: round(seconds * 1000, 1) for name, seconds in at.items()} | {
            "requests": len(ordered),
            "errors": sum(self.errors.values()),
        }


_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def main() -> int:
    """Measure and report; returns the exit code."""
    options = _options()
    try:
        with DATABASES[options.database]() as url, tempfile.TemporaryDirectory() as name:
            results = {**surroundings(), "database": options.database, **_measure(options, url, Path(name))}
    except Missing as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    path = _RESULTS / f"api-beside-sender-{options.database}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--per-second", type=float, default=5.0, help="requests of each client")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each phase")
    parser.add_argument("--messages", type=int, default=600_000, help="of the campaign; it must outlast two phases")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    parser.add_argument("--apart", action="store_true", help="sender and sink on one core, API and clients on another")
    return parser.parse_args()


def _measure(options: argparse.Namespace, url: str | None, directory: Path) -> dict[str, Any]:
    url = url or f"sqlite:///{directory / 'paceline.db'}"
    environment = {"PACELINE_DATA_DIR": str(directory), "PACELINE_DATABASE": url}
    with parts(url, directory) as context:
        key = new_key(context)
    _move(options, _API_CORE)
    with serving(environment, directory) as server:
        started_at = server.api_cpu_seconds()
        idle = asyncio.run(ask(server.base, key, [], options))
        cpu = (server.api_cpu_seconds() - started_at) / (len(idle.seconds) + idle.warming_up)
        print(f"the idle API's CPU: {cpu * 1000:.1f} ms/request; load {os.getloadavg()[0]:.1f}\n")
        _move(options, _SENDING_CORE)
        with sink() as port, started(url, directory, messages=options.messages, port=port) as campaign:
            _move(options, _API_CORE)
            alone = campaign.rate(options.seconds)
            with campaign.rate_of() as beside:
                busy = asyncio.run(ask(server.base, key, [f"/api/v1/campaigns/{campaign.id()}/progress"], options))
    return _report(idle, busy, alone, *beside)


def _move(options: argparse.Namespace, cores: set[int]) -> None:
    """This process, and what it starts from here on, to these cores."""
    if options.apart:
        os.sched_setaffinity(0, cores)


def _report(idle: Asked, busy: Asked, alone: float, beside: float) -> dict[str, Any]:
    rows = {"idle": idle.shown(), "beside the sender": busy.shown()}
    print(f"{'API':<20}" + "".join(f"{name:>10}" for name in rows["idle"]))
    for name, row in rows.items():
        print(f"{name:<20}" + "".join(f"{value:>10g}" for value in row.values()))
    for errors in (idle.errors, busy.errors):
        for what, count in errors.items():
            print(f"{count} x {what}")
    print(f"\nsender: {alone:.0f} messages/s alone, {beside:.0f} beside the API's clients ({beside / alone:.2f})")
    return {
        "api": rows,
        "p99_ratio": busy.shown()["p99"] / idle.shown()["p99"],
        "sender_alone_per_second": alone,
        "sender_beside_per_second": beside,
        "sender_ratio": beside / alone,
    }


async def ask(base: str, key: str, paths: list[str], options: argparse.Namespace) -> Asked:
    """All clients for one phase, after a warm-up: two reads of three requests, one write."""
    asked = Asked()
    headers = {"Authorization": f"Bearer {key}"}
    connector = aiohttp.TCPConnector(limit=options.clients)
    async with aiohttp.ClientSession(base, headers=headers, connector=connector) as session:
        await asyncio.gather(*(_client(session, paths, options, asked) for _ in range(options.clients)))
    return asked


async def _client(session: aiohttp.ClientSession, paths: list[str], options: argparse.Namespace, asked: Asked) -> None:
    """One client: evenly spaced requests, each started at its time or at once when the one before took longer.

    Those of the warm-up are not counted, unless they fail.
    """
    loop = asyncio.get_running_loop()
    interval = 1 / options.per_second
    reads = ["/api/v1/campaigns", "/api/v1/contacts", "/api/v1/suppressions", *paths]
    counted_from = loop.time() + _WARM_UP_SECONDS
    end = counted_from + options.seconds
    next_at = loop.time() + random.random() * interval
    while next_at < end:
        await asyncio.sleep(max(0.0, next_at - loop.time()))
        began = loop.time()
        if random.random() < 1 / 3:
            body = {"email": f"user{random.getrandbits(60)}@example.com", "fields": {"first_name": "Ann"}}
            request = session.post("/api/v1/contacts", json=body)
        else:
            request = session.get(random.choice(reads))
        try:
            async with request as answer:
                await answer.read()
                if answer.status >= 400:
                    asked.errors[f"{answer.status} {answer.method} {answer.url.path}"] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            asked.errors[repr(error)] += 1
        if next_at >= counted_from:
            asked.seconds.append(loop.time() - began)
        else:
            asked.warming_up += 1
        next_at += interval


if __name__ == "__main__":
    sys.exit(main())
