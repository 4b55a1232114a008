"""Does a campaign of 500 messages beside one of a million finish in the time that its share of the accounts gives?

What is measured and how to read it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from databases import DATABASES, surroundings
from paceline.operations.context import Context
from paceline.sandbox.record import read_record
from paceline.store.database import sql
from serving import parts

_RESULTS = Path(__file__).with_name("results")
_LAUNCH_SECONDS = 900.0
_TOLERANCE = 1.1


def main() -> int:
    """Measure and report; returns the exit code."""
    options = _options()
    with DATABASES[options.database]() as url, tempfile.TemporaryDirectory(prefix="paceline-bench-") as name:
        found = _measure(options, url or f"sqlite:///{name}/paceline.db", Path(name))
    share = options.weight / (1 + options.weight)
    rate = options.accounts * options.per_minute / 60
    found["fair_seconds"] = options.small / (rate * share)
    path = _RESULTS / f"shared-accounts-{options.database}.json"
    path.write_text(json.dumps({**surroundings(), **vars(options), **found}, indent=2) + "\n")
    print(
        f"{options.small:,} beside {options.large:,} messages, weight {options.weight:g}, {options.accounts} accounts, {rate:g}/s\n"
        f"from the first to the last of the small one: {found['seconds']:.1f} s, its share gives {found['fair_seconds']:.1f} s\n"
        f"of the large one meanwhile: {found['of_the_large']}, its share is {options.small / options.weight:.0f}\n"
        f"from the start of the small one to its first message: {found['first_message_seconds']:.2f} s\n{path}"
    )
    return int(found["seconds"] > found["fair_seconds"] * _TOLERANCE + 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=500)
    parser.add_argument("--weight", type=float, default=1.0, help="of the small one; that of the large one is 1")
    parser.add_argument("--accounts", type=int, default=5)
    parser.add_argument("--per-minute", type=float, default=600.0, help="of each account")
    parser.add_argument("--database", choices=tuple(DATABASES), default="sqlite")
    return parser.parse_args()


def _measure(options: argparse.Namespace, url: str, folder: Path) -> dict[str, Any]:
    record = folder / "record.jsonl"
    environment = {**os.environ, "PACELINE_DATA_DIR": str(folder), "PACELINE_DATABASE": url}
    with _sandbox(record) as port, parts(url, folder) as context, contextlib.ExitStack() as ended:
        large = ended.enter_context(_command(["send", _write(folder, "large", options, port)], environment, folder))
        _wait_for_launch(context, large)
        began = time.time()
        small = ended.enter_context(_command(["send", _write(folder, "small", options, port)], environment, folder))
        if small.wait():
            raise SystemExit((folder / "small.log").read_text()[-2000:])
    arrived = [(entry.received_at, entry.recipients[0].startswith("small")) for entry in read_record(record)]
    places = [place for place, (_, is_small) in enumerate(arrived) if is_small]
    if len(places) != options.small:
        raise SystemExit(f"{len(places)} messages of the small campaign arrived")
    between = arrived[places[0] : places[-1]]
    return {
        "seconds": arrived[places[-1]][0] - arrived[places[0]][0],
        "first_message_seconds": arrived[places[0]][0] - began,
        "of_the_large": sum(not is_small for _, is_small in between),
    }


def _wait_for_launch(context: Context, large: subprocess.Popen[bytes]) -> None:
    """Until the whole large campaign is in the queue."""
    deadline = time.monotonic() + _LAUNCH_SECONDS
    words = sql("SELECT COUNT(*) FROM campaigns WHERE launched_at IS NOT NULL")
    while large.poll() is None and time.monotonic() < deadline:
        with context.queue.read() as connection:
            if connection.execute(words).scalar_one():
                return
        time.sleep(0.2)
    raise SystemExit("the large campaign did not get into the queue")


@contextlib.contextmanager
def _sandbox(record: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        port = chosen.getsockname()[1]
    words = ["sandbox", "--smtp-port", str(port), "--record", str(record)]
    process = subprocess.Popen([sys.executable, "-m", "paceline.cli.main", *words], stdout=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _command(words: list[str | Path], environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{Path(words[-1]).stem}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "paceline.cli.main", *map(str, words)], env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _write(folder: Path, key: str, options: argparse.Namespace, port: int) -> Path:
    count, weight = (options.large, 1.0) if key == "large" else (options.small, options.weight)
    with (folder / f"{key}.csv").open("w") as audience:
        audience.write("email,first_name\n")
        audience.writelines(f"{key}{n}@example.com,Name {n}\n" for n in range(count))
    (folder / "body.txt").write_text("Hello {{ contact.first_name }},\n\nnews for you.\n")
    blocks = [
        f'[[accounts]]\nname = "relay-{n}"\nhost = "127.0.0.1"\nport = {port}\nusername = "user-{n}"\n'
        f'password_env = "BENCH_PASSWORD"\nsecurity = "none"\nrate_per_minute = {options.per_minute}\n'
        for n in range(options.accounts)
    ]
    file = folder / f"{key}.toml"
    file.write_text(
        f'key = "{key}"\naudience = "{key}.csv"\nweight = {weight}\n\n[content]\nfrom = "Ann Lee <ann@example.com>"\n'
        'subject = "Hello {{ contact.first_name }}"\ntext = "body.txt"\n\n' + "\n".join(blocks)
    )
    return file


if __name__ == "__main__":
    os.environ.setdefault("BENCH_PASSWORD", "any")
    sys.exit(main())
