"""Addresses that get nothing: with a reason and an end, by hand, from a file, out to a file and in again."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from paceline.cli.main import run
from paceline.domain.errors import InputError
from paceline.operations.audience import suppressions
from paceline.operations.audience.exporting import ExportFormat, export_suppressions
from paceline.operations.context import Context
from paceline.store.queue import suppressions as stored
from surroundings.imports import write_csv

DAY = 86400.0


def _reasons(context: Context, channel: str = "email") -> dict[str, str]:
    return {row["address"]: row["reason"] for row in suppressions.listing(context, channel=channel)}


def _is_suppressed(context: Context, address: str, *, days: float = 0.0, channel: str = "email") -> bool:
    at = context.clock.now() + days * DAY
    with context.queue.read() as connection:
        return stored.find(connection, address, workspace_id=1, channel=channel, now=at) is not None


def test_suppression_ends_when_it_should_and_a_longer_one_wins(context: Context) -> None:
    until = context.clock.now() + 10 * DAY
    assert suppressions.add(context, ["ann@example.com"], "on holiday", expires_at=until) == 1
    assert suppressions.add(context, ["ann@example.com"], "shorter", expires_at=until - 1) == 0
    assert _is_suppressed(context, "Ann@Example.com")
    assert not _is_suppressed(context, "ann@example.com", days=11)
    assert suppressions.add(context, ["ann@example.com"], "for ever") == 1
    assert suppressions.add(context, ["ann@example.com"], "again") == 0
    assert (_reasons(context), _is_suppressed(context, "ann@example.com", days=1e5)) == (
        {"ann@example.com": "for ever"},
        True,
    )
    with pytest.raises(InputError, match="over already"):
        suppressions.add(context, ["ben@example.com"], "late", expires_at=1.0)


def test_channels_are_apart(context: Context) -> None:
    suppressions.add(context, ["+41 44 668 18 00"], "asked", channel="whatsapp")
    assert (_reasons(context), _reasons(context, "whatsapp")) == ({}, {"+41446681800": "asked"})
    assert not suppressions.lift(context, "+41446681800")
    assert suppressions.lift(context, "+41446681800", channel="whatsapp")
    with pytest.raises(InputError, match="email, whatsapp"):
        suppressions.add(context, ["ann@example.com"], "x", channel="fax")
    with pytest.raises(InputError):
        suppressions.add(context, ["ann@example.com"], "x", channel="whatsapp")


def test_file_is_imported_with_its_reasons_and_refused_rows_come_back(context: Context, tmp_path: Path) -> None:
    suppressions.add(context, ["known@example.com"], "before")
    path = write_csv(
        tmp_path / "stop.csv",
        ("E-Mail", "reason", "expires_at"),
        ("ann@example.com", "complaint", ""),
        ("ben@example.com", "", "2999-01-01T00:00:00Z"),
        ("ANN@example.com", "again", ""),
        ("known@example.com", "later", ""),
        ("nobody", "", ""),
        ("cleo@example.com", "", "tomorrow"),
        ("dora@example.com", "", "2999-01-01T00:00:00"),
        ("eva@example.com", "", "2001-01-01T00:00:00Z"),
    )
    done = suppressions.import_file(context, path, reason="old list")
    assert (done.rows, done.added, done.known, done.refused) == (8, 2, 2, 4)
    assert [row.line for row in done.refused_rows] == [6, 7, 8, 9]
    assert _reasons(context) == {
        "ann@example.com": "complaint",
        "ben@example.com": "old list",
        "known@example.com": "before",
    }
    assert done.refused_file is not None
    assert len(done.refused_file.read_text().splitlines()) == 5
    again = suppressions.import_file(context, path, reason="old list")
    assert (again.added, again.known) == (0, 4)
    with pytest.raises(InputError, match="email"):
        suppressions.import_file(context, write_csv(tmp_path / "x.csv", ("name",), ("Ann",)), reason="x")


@pytest.mark.parametrize(("channel", "address"), [("email", "=ann@example.com"), ("whatsapp", "+41446681800")])
def test_what_was_exported_can_be_imported_elsewhere(
    context: Context, tmp_path: Path, channel: str, address: str
) -> None:
    suppressions.add(context, [address], "=1+1", channel=channel)
    until = context.clock.now() + DAY
    other = "ben@example.com" if channel == "email" else "+41446681801"
    suppressions.add(context, [other], "away", channel=channel, expires_at=until)
    text = "".join(export_suppressions(context, ExportFormat.CSV, channel=channel))
    assert [row["reason"] for row in csv.DictReader(io.StringIO(text, newline=""))].count("'=1+1") == 1
    lines = "".join(export_suppressions(context, ExportFormat.NDJSON, channel=channel)).splitlines()
    assert [json.loads(line)["address"] for line in lines] == sorted([address, other])
    path = tmp_path / "out.csv"
    path.write_bytes(text.encode())
    elsewhere = context.in_workspace(2)
    done = suppressions.import_file(elsewhere, path, reason="imported", channel=channel)
    assert (done.added, done.refused) == (2, 0), done.refused_rows
    copied = {row["address"]: row for row in suppressions.listing(elsewhere, channel=channel)}
    assert set(copied) == {address, other}
    assert copied[other]["expires_at"] is not None
    assert (copied[address]["reason"], copied[address]["source"]) == ("=1+1", "import")


def test_long_list_is_read_in_pages(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_PAGE", 3)
    addresses = [f"a{number}@example.com" for number in range(7)]
    assert suppressions.add(context, addresses[::-1], "x") == 7
    assert list(_reasons(context)) == addresses


def test_commands_import_list_and_lift(
    context: Context,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PACELINE_DATA_DIR", str(context.settings.data_dir))
    where = ("--database", database_url)
    path = write_csv(tmp_path / "stop.csv", ("address",), ("ann@example.com",), ("x",))
    assert run(["suppression", "import", str(path), "--reason", "moved", "--json", *where]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {name: told[name] for name in ("rows", "added", "known", "refused")} == {
        "rows": 2,
        "added": 1,
        "known": 0,
        "refused": 1,
    }
    assert run(["suppression", "import", str(path), *where]) == 0
    assert capsys.readouterr().out.startswith("0 addresses of 2 rows suppressed, 1 were so before\n1 row refused: see ")
    assert run(["suppression", "add", "ben@example.com", "--days", "3", *where]) == 0
    assert run(["suppression", "add", "+41446681800", "--channel", "whatsapp", *where]) == 0
    capsys.readouterr()
    assert run(["suppression", "list", "--csv", *where]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [(row["address"], row["reason"], bool(row["expires_at"])) for row in rows] == [
        ("ann@example.com", "moved", False),
        ("ben@example.com", "added by a person", True),
    ]
    assert run(["suppression", "list", "--csv", "--json", *where]) == 2
    assert run(["suppression", "lift", "+41446681800", "--channel", "whatsapp", *where]) == 0
    assert _reasons(context, "whatsapp") == {}
