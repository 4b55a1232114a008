"""How many opens and clicks one API process takes, how fast it answers, whether anything is lost, and what a sender loses.

A client process of its own keeps connections open and asks without a pause, or so many a second; the server runs on one core.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from paceline.api.app import create_app
from paceline.bootstrap import open_context
from paceline.domain.tokens import Purpose
from paceline.settings import read_settings
from postfix import Missing, sink
from running_campaign import started
from surroundings.tracked import Tracked

_MESSAGES = 2000
_SECONDS = 10.0
_CONNECTIONS = 40
_SENDING_CORE, _TRACKING_CORE = {1}, {0}
_HEAD = (
    "Host: t.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0\r\n"
    "Accept: image/*\r\nAccept-Language: en\r\n\r\n"
)


def main() -> int:
    """Measure and report; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--beside", action="store_true", help="a sender at full speed: what does it lose?")
    parser.add_argument("--per-second", type=float, help="requests; without it as many as it takes")
    parser.add_argument("--messages", type=int, default=150_000, help="of the sender's campaign; it must outlast all")
    parser.add_argument(
        "--apart", action="store_true", help="sender and sink on one core, server and client on another"
    )
    options = parser.parse_args()
    if options.apart:
        os.sched_setaffinity(0, _SENDING_CORE)  # what is started from here on inherits it
    try:
        with sink() as port, tempfile.TemporaryDirectory(prefix="paceline-bench-") as folder:
            print(json.dumps(_measure(options, port, Path(folder))))
    except Missing as missing:
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    return 0


def _measure(options: argparse.Namespace, port: int, folder: Path) -> dict[str, float]:
    url = f"sqlite:///{folder}/paceline.db"
    context = open_context(read_settings({}, database=url, data_dir=str(folder)))
    tracked = Tracked.campaign(context, sent=_MESSAGES)
    paths = [f"/t/o/{tracked.token(Purpose.OPEN, place)}" for place in range(_MESSAGES)]
    paths += [f"/t/c/{tracked.token(Purpose.CLICK, place, 0)}" for place in range(_MESSAGES)]
    random.shuffle(paths)
    with contextlib.ExitStack() as running:
        running.callback(context.close)
        tracking = running.enter_context(_server(url, folder))
        figures: dict[str, float] = {}
        if options.beside:
            campaign = running.enter_context(started(url, folder, messages=options.messages, port=port))
            if options.apart:
                tracking.move(_TRACKING_CORE)
            before = campaign.rate(_SECONDS)
            with campaign.rate_of() as beside:
                answers = tracking.ask(paths, options.per_second)
            alone = statistics.mean((before, campaign.rate(_SECONDS)))  # before and after: a campaign is not even
            figures = {"sender_alone": round(alone), "sender_beside": round(beside[0])}
            figures["sender_ratio"] = round(beside[0] / alone, 2)
        else:
            answers = tracking.ask(paths, options.per_second)
        tracking.end()
        counts = tracked.counts()
    kept = sum(counts.get(name, 0) for name in ("opens", "clicks", "automatic_opens", "automatic_clicks"))
    return figures | answers | {"kept": kept}


@dataclass(frozen=True, slots=True)
class Tracking:
    """An API process that answers opens and clicks."""

    port: int
    process: multiprocessing.Process

    def ask(self, paths: list[str], per_second: float | None) -> dict[str, float]:
        """Ask over 40 connections for 10 s; returns what the answers were like."""
        before = self._cpu_seconds()
        times = sorted(asyncio.run(_ask(self.port, paths, per_second)))
        return {
            "requests_per_second": round(len(times) / _SECONDS),
            "server_cpu_us_per_request": round((self._cpu_seconds() - before) / len(times) * 1e6),
            "p50_ms": round(statistics.median(times) * 1000, 2),
            "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
            "asked": len(times),
        }

    def move(self, cores: set[int]) -> None:
        """The server and this process, its client, to these cores."""
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)
        os.sched_setaffinity(0, cores)

    def end(self) -> None:
        """Stop it as a service manager does; what it has in memory is kept."""
        self.process.terminate()
        self.process.join()

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _server(url: str, folder: Path) -> Iterator[Tracking]:
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        process = multiprocessing.Process(target=_serve, args=(url, str(folder), listener))
        process.start()
        tracking = Tracking(listener.getsockname()[1], process)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{tracking.port}/health/live", timeout=60):
            yield tracking
    finally:
        tracking.end()


def _serve(url: str, folder: str, listener: socket.socket) -> None:
    context = open_context(read_settings({}, database=url, data_dir=folder))
    config = uvicorn.Config(create_app(context), log_config=None, access_log=False, lifespan="on")
    uvicorn.Server(config).run(sockets=[listener])
    context.close()


async def _ask(port: int, paths: list[str], per_second: float | None) -> list[float]:
    """The seconds that each answer took."""
    requests = [f"GET {path} HTTP/1.1\r\n{_HEAD}".encode() for path in paths]
    share, times = len(requests) // _CONNECTIONS, list[float]()
    interval = _CONNECTIONS / per_second if per_second else 0.0
    parts = [requests[n * share : (n + 1) * share] for n in range(_CONNECTIONS)]
    await asyncio.gather(*(_one_after_the_other(port, part, times, interval) for part in parts))
    return times


async def _one_after_the_other(port: int, requests: list[bytes], times: list[float], interval: float) -> None:
    """Evenly spaced, or at once when the one before took longer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place, now = 0, time.perf_counter()
    until, next_at = now + _SECONDS, now + random.random() * interval
    while max(next_at, time.perf_counter()) < until:
        if interval:
            await asyncio.sleep(next_at - time.perf_counter())
            next_at += interval
        began = time.perf_counter()
        writer.write(requests[place % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        assert head[9:12] in (b"200", b"302"), head
        times.append(time.perf_counter() - began)
        place += 1
    writer.close()


if __name__ == "__main__":
    sys.exit(main())
