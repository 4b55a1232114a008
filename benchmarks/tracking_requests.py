"""How many opens and clicks one API process takes, how fast it answers, and whether anything is lost.

A client process of its own keeps connections open and asks without a pause; the server runs on one core.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from paceline.api.app import create_app
from paceline.bootstrap import open_context
from paceline.domain.tokens import Purpose
from paceline.settings import read_settings
from surroundings.tracked import Tracked

_MESSAGES = 2000
_SECONDS = 10.0
_CONNECTIONS = 40
_HEAD = (
    "Host: t.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0\r\n"
    "Accept: image/*\r\nAccept-Language: en\r\n\r\n"
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="paceline-bench-") as folder:
        url = f"sqlite:///{folder}/paceline.db"
        context = open_context(read_settings({}, database=url, data_dir=folder))
        tracked = Tracked.campaign(context, sent=_MESSAGES)
        paths = [f"/t/o/{tracked.token(Purpose.OPEN, place)}" for place in range(_MESSAGES)]
        paths += [f"/t/c/{tracked.token(Purpose.CLICK, place, 0)}" for place in range(_MESSAGES)]
        listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        server = multiprocessing.Process(target=_serve, args=(url, folder, listener))
        server.start()
        asked, times, cpu = asyncio.run(_ask(listener.getsockname()[1], paths, int(server.pid or 0)))
        server.terminate()
        server.join()
        counts = tracked.counts()
        context.close()
    kept = sum(counts.get(name, 0) for name in ("opens", "clicks", "automatic_opens", "automatic_clicks"))
    times.sort()
    figures = {
        "requests_per_second": round(asked / _SECONDS),
        "server_cpu_us_per_request": round(cpu / asked * 1e6),
        "p50_ms": round(statistics.median(times) * 1000, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
        "asked": asked,
        "kept": kept,
    }
    print(json.dumps(figures))


def _serve(url: str, folder: str, listener: socket.socket) -> None:
    context = open_context(read_settings({}, database=url, data_dir=folder))
    config = uvicorn.Config(create_app(context), log_config=None, access_log=False, lifespan="on")
    uvicorn.Server(config).run(sockets=[listener])
    context.close()


async def _ask(port: int, paths: list[str], pid: int) -> tuple[int, list[float], float]:
    times: list[float] = []
    requests = [f"GET {path} HTTP/1.1\r\n{_HEAD}".encode() for path in paths]
    await _one_after_the_other(port, requests[:1], times, time.monotonic() + 0.1)  # waits until it answers
    times.clear()
    before, until = _cpu_seconds(pid), time.monotonic() + _SECONDS
    share = len(requests) // _CONNECTIONS
    parts = [requests[n * share : (n + 1) * share] for n in range(_CONNECTIONS)]
    await asyncio.gather(*(_one_after_the_other(port, part, times, until) for part in parts))
    return len(times), times, _cpu_seconds(pid) - before


async def _one_after_the_other(port: int, requests: list[bytes], times: list[float], until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = 0
    while time.monotonic() < until:
        began = time.perf_counter()
        writer.write(requests[place % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        assert head[9:12] in (b"200", b"302"), head
        times.append(time.perf_counter() - began)
        place += 1
    writer.close()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
