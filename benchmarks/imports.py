"""How long does it take to import a million contacts from a CSV, and a hundred thousand from an XLSX?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from databases import DATABASES, surroundings

_RESULTS = Path(__file__).with_name("results")
_BAD, _DUPLICATE = 0.01, 0.02
_NAMES = ("ann", "bob", "cleo", "dora", "émile", "finn", "greta", "hugo")
_DOMAINS = ("example.com", "mail.example.org", "post.example.net", "corp.example")
_PAUSE_OF_OTHERS_SECONDS = 0.01


def main() -> int:
    """Run what was asked for; returns the exit code."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="paceline-imports-") as name:
        file = _make(Path(name), options.kind, options.rows)
        print(f"{options.rows} rows, {file.stat().st_size / 1e6:.0f} MB {options.kind}, {options.database}\n")
        print(_line("run", "s", "rows/s", "CPU µs/row", "peak MB", "write ms p50", "p99", "max"))
        rounds = []
        for number in range(1, options.rounds + 1):
            with DATABASES[options.database]() as server_url, tempfile.TemporaryDirectory() as data:
                url = server_url or f"sqlite:///{data}/paceline.db"
                rounds.append(_run(file, url, data, options))
                print(_line(str(number), *_shown(rounds[-1])), flush=True)
                again = _run(file, url, data, options)
                print(_line("again", *_shown(again)), flush=True)
                rounds[-1]["again_seconds"] = again["seconds"]
    median = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    print(_line("median", *_shown(median)))
    results = {**surroundings(), "database": options.database, "kind": options.kind, "rows": options.rows}
    results |= {"beside_others": options.beside, "rounds": rounds, "median": median}
    _RESULTS.mkdir(exist_ok=True)
    suffix = "-beside" if options.beside else ""
    path = _RESULTS / f"imports-{options.kind}-{options.database}{suffix}.json"
    path.write_text(json.dumps(results, indent=2) + "\n")
    print(f"\n{path}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--rows", type=int, help="1,000,000 for CSV, 100,000 for XLSX if absent")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--beside", action="store_true", help="with another process that writes 100 times a second")
    options = parser.parse_args()
    options.rows = options.rows or (1_000_000 if options.kind == "csv" else 100_000)
    return options


def _make(folder: Path, kind: str, rows: int) -> Path:
    """A table of five columns, its addresses in no order."""
    path = folder / f"people.{kind}"
    table = _table(rows)
    if kind == "csv":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(",".join(row) + "\n" for row in table)
        return path
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        sheet.append(row)
    book.save(path)
    return path


def _table(rows: int) -> Iterator[tuple[str, ...]]:
    yield "email", "first_name", "last_name", "city", "plan"
    chance = random.Random(7)
    seen: list[str] = []
    for number in range(rows):
        dice = chance.random()
        if dice < _BAD:
            address = f"broken{number}.example.com"
        elif dice < _BAD + _DUPLICATE and seen:
            address = chance.choice(seen).upper()
        else:
            address = f"{chance.choice(_NAMES)[:1]}.{chance.getrandbits(48):x}@{chance.choice(_DOMAINS)}"
            if len(seen) < 100_000:
                seen.append(address)
        yield (
            address,
            chance.choice(_NAMES),
            f"Name{number % 5000}",
            f"City{number % 300}",
            chance.choice(("free", "pro")),
        )


def _run(file: Path, url: str, data: str, options: argparse.Namespace) -> dict[str, float]:
    """One import by the command, and the memory of its processes together, sampled."""
    with _others(url, data, active=options.beside) as waits:
        command = [sys.executable, "-m", "paceline.cli.main", "import", str(file), "--list", "bench", "--json"]
        environment = {**os.environ, "PACELINE_DATABASE": url, "PACELINE_DATA_DIR": data}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [*command, "--consent", "benchmark"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        peak = _peak_megabytes(process)
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
        process.stdout.close()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert told["rows"] == options.rows == sum(told[name] for name in ("imported", "updated", "duplicates", "refused"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    waits = sorted(waits) or [0.0]
    return {
        "seconds": told["seconds"],
        "rows_per_second": told["rows"] / told["seconds"],
        "cpu_us_per_row": cpu / told["rows"] * 1e6,
        "peak_megabytes": peak,
        "other_write_ms_p50": waits[len(waits) // 2] * 1000,
        "other_write_ms_p99": waits[int(len(waits) * 0.99)] * 1000,
        "other_write_ms_max": waits[-1] * 1000,
    }


def _peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    """The largest sum of what the command and the processes it started hold, in proportional shares."""
    peak = 0
    while process.poll() is None:
        pids, total = [process.pid], 0
        while pids:
            pid = pids.pop()
            with contextlib.suppress(OSError, StopIteration, ValueError):
                pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        peak = max(peak, total)
        time.sleep(0.2)
    return peak / 1024


@contextlib.contextmanager
def _others(url: str, data: str, *, active: bool) -> Iterator[list[float]]:
    """Somebody else who writes a little, often; yields how long each write took."""
    waits: list[float] = []
    if not active:
        yield waits
        return
    from paceline.bootstrap import open_context
    from paceline.settings import read_settings

    context = open_context(read_settings({}, database=url, data_dir=data))
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(_PAUSE_OF_OTHERS_SECONDS):
            began = time.perf_counter()
            context.queue.execute("UPDATE installation SET commits = commits + 1 WHERE id = 1")
            waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()
        context.close()


def _shown(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{one['seconds']:.1f}",
        f"{one['rows_per_second']:.0f}",
        f"{one['cpu_us_per_row']:.1f}",
        f"{one['peak_megabytes']:.0f}",
        f"{one['other_write_ms_p50']:.1f}",
        f"{one['other_write_ms_p99']:.1f}",
        f"{one['other_write_ms_max']:.1f}",
    )


def _line(first: str, *rest: str) -> str:
    return f"{first:<8}" + "".join(f"{cell:>13}" for cell in rest)


if __name__ == "__main__":
    sys.exit(main())
