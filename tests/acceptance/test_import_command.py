"""``paceline import`` as a person calls it: what it prints, what it warns of, how it ends."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from surroundings.imports import write_csv
from surroundings.serving import wait_until

KEYS = ["rows", "imported", "updated", "duplicates", "refused", "refused_file", "seconds"]


def _command(path: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "paceline.cli.main", "import", str(path), "--list", "news", *more]


def _environment(folder: Path) -> dict[str, str]:
    return {"PACELINE_DATA_DIR": str(folder / "data"), "PATH": "/usr/bin:/bin"}


def _import(folder: Path, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(path, *more), env=_environment(folder), capture_output=True, text=True, timeout=100)


def test_json_has_the_documented_keys_and_missing_consent_is_warned_of(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "people.csv", ("email", "city"), ("ann@example.com", "Rome"), ("nobody", ""))
    ended = _import(tmp_path, path, "--json", "--map", "city=town")
    assert ended.returncode == 0
    told = json.loads(ended.stdout)
    assert list(told) == KEYS
    assert [told[key] for key in KEYS[:5]] == [2, 1, 0, 0, 1]
    assert "nobody" in Path(told["refused_file"]).read_text()
    assert "no consent on record" in ended.stderr
    again = _import(tmp_path, path, "--consent", "asked")
    assert again.returncode == 0
    assert "consent" not in again.stderr
    assert "updated               1" in again.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--map", "city"), "COLUMN=FIELD"),
        (("--map", "nothing=x"), "no such column"),
        (("--map", "email="), '"email"'),
        (("--mode", "delete"), "--mode"),
    ],
)
def test_bad_input_ends_with_2_and_changes_nothing(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    path = write_csv(tmp_path / "people.csv", ("email", "city"), ("ann@example.com", "Rome"))
    ended = _import(tmp_path, path, *more)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    good = json.loads(_import(tmp_path, path, "--json").stdout)
    assert (good["imported"], good["updated"], good["refused_file"]) == (1, 0, None)


def test_missing_file_is_bad_input(tmp_path: Path) -> None:
    ended = _import(tmp_path, tmp_path / "nothing.csv")
    assert ended.returncode == 2
    assert "no such file" in ended.stderr


def _rows_imported(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            (rows,) = connection.execute("SELECT max(rows) FROM imports").fetchone()
        except sqlite3.OperationalError:  # the table is not made yet
            return 0
    return rows or 0


@pytest.mark.timeout(600)
def test_terminated_import_ends_in_order_and_goes_on(tmp_path: Path) -> None:
    rows = 150_000
    path = write_csv(tmp_path / "people.csv", ("email",), *((f"p{number}@example.com",) for number in range(rows)))
    command = _command(path, "--consent", "asked")
    with subprocess.Popen(command, env=_environment(tmp_path), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        wait_until(lambda: _rows_imported(tmp_path / "data" / "paceline.db") > 0)
        process.send_signal(signal.SIGSTOP)  # so that it goes on for more than a second, however fast the machine is
        time.sleep(1)
        process.send_signal(signal.SIGCONT)
        assert "imported" in process.stderr.readline()  # said once a second
        process.send_signal(signal.SIGTERM)
        assert "goes on where it was" in process.stderr.read()
    assert process.returncode == 3
    last = subprocess.run(
        [*command, "--json"], env=_environment(tmp_path), capture_output=True, check=True, timeout=500
    )
    told = json.loads(last.stdout)
    assert [told[key] for key in KEYS[:5]] == [rows, rows, 0, 0, 0]
