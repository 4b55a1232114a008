"""``paceline import`` killed at random moments and called again: nothing is counted twice, nothing is missing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paceline.bootstrap import open_context
from paceline.operations.audience.importing import list_imports
from paceline.settings import read_settings
from paceline.store.database import sql
from surroundings.imports import counters_are_right, write_csv

ROWS = 20_000
KILLS = 4
DUPLICATES, REFUSED = ROWS // 50, ROWS // 100
IMPORTED = ROWS - DUPLICATES - REFUSED


@pytest.mark.timeout(600)
def test_killed_import_goes_on_where_it_was(database_url: str, tmp_path: Path) -> None:
    path = _file(tmp_path)
    command = [sys.executable, "-m", "paceline.cli.main", "import", str(path), "--list", "news", "--consent", "asked"]
    environment = {
        "PACELINE_DATABASE": database_url,
        "PACELINE_DATA_DIR": str(tmp_path / "data"),
        "PATH": "/usr/bin:/bin",
    }
    random.seed(database_url)
    partly = 0
    for _ in range(KILLS):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_until_it_moves(process, database_url, tmp_path, more=random.randrange(0, 2_500))
        process.send_signal(signal.SIGKILL)
        process.wait()
        partly += 0 < _rows(database_url, tmp_path) < ROWS
    assert partly, "no kill came in the middle"
    last = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True, timeout=300)
    told = json.loads(last.stdout)
    counts = {name: told[name] for name in ("rows", "imported", "updated", "duplicates", "refused")}
    assert counts == {"rows": ROWS, "imported": IMPORTED, "updated": 0, "duplicates": DUPLICATES, "refused": REFUSED}
    assert Path(told["refused_file"]).read_text().count("\n") == 1 + DUPLICATES + REFUSED
    context = open_context(read_settings({}, database=database_url, data_dir=str(tmp_path / "data")))
    with context.catalogue.read() as connection:
        stored = connection.execute(sql("SELECT COUNT(*) FROM contacts")).scalar_one()
        subscribed = connection.execute(sql("SELECT confirmed FROM lists")).scalar_one()
    assert (stored, subscribed) == (IMPORTED, IMPORTED)
    assert counters_are_right(context)
    assert len(list_imports(context, limit=10)) == 1
    context.close()


def _file(folder: Path) -> Path:
    def row(number: int) -> tuple[str, str]:
        if number % 100 == 0:
            return "broken", "x"
        if number % 50 == 1 and number > 50:
            return f"P{number - 2}@Example.com", "again"
        return f"p{number}@example.com", f"city {number % 7}"

    rows = [row(number) for number in range(ROWS)]
    duplicates = len([1 for address, _ in rows if address.startswith("P")])
    assert duplicates == DUPLICATES - 1
    rows[-1] = ("p1@EXAMPLE.com", "again")
    return write_csv(folder / "people.csv", ("email", "city"), *rows)


def _rows(database_url: str, folder: Path) -> int:
    context = open_context(read_settings({}, database=database_url, data_dir=str(folder / "data")))
    found = list_imports(context, limit=1)
    context.close()
    return found[0].counts["rows"] if found else 0


def _wait_until_it_moves(process: subprocess.Popen[bytes], database_url: str, folder: Path, *, more: int) -> None:
    """Until so many more rows are in, or the process has ended."""
    start = _rows(database_url, folder)
    deadline = time.monotonic() + 120
    context = open_context(read_settings({}, database=database_url, data_dir=str(folder / "data")))
    while process.poll() is None and time.monotonic() < deadline:
        found = list_imports(context, limit=1)
        if found and found[0].counts["rows"] > start + more:
            break
    context.close()
