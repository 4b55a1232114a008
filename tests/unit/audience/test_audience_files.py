"""Files that are no table, files that change, and the bounds of memory and time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact
from paceline.domain.errors import InputError

NO_TABLES = {
    "empty": (b"", "the file is empty"),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "the file is empty"),
    "commas": (b",,,\n,,,\n", "the file is empty"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG image"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG image"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", "PDF document"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "gzip archive"),
    "html": (b"\n<!DOCTYPE html><html><table><tr><td>email", "HTML or XML"),
    "html as xls": (b"<table><tr><td>email</td></tr></table>", "HTML or XML"),
    "xml": (b'<?xml version="1.0"?><contacts/>', "HTML or XML"),
    "json": (b'[{"email": "a@example.com"}]', "JSON"),
    "json lines": (b'{"email": "a@example.com"}\n{}', "JSON"),
    "vcard": (b"BEGIN:VCARD\r\nVERSION:4.0\r\n", "vCard"),
    "random": (bytes((byte * 73 + byte // 7) % 256 for byte in range(5000)), "binary data"),
    "zeros": (bytes(5000), "the file is empty"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx or CSV"),
    "encrypted": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99),
        "protected with a password",
    ),
    "letter": (b"Dear Ann,\nthank you for your letter.\n", 'a column "email"'),
    "zip cut short": (b"PK\x03\x04" + bytes(500), "damaged or cut short"),
    "one long line": (b"email" * 300_000, "longer than 1 MB"),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_file_that_is_no_table_is_refused_in_one_clear_sentence(refusal: Any, tmp_path: Path, kind: str) -> None:
    content, words = NO_TABLES[kind]
    problem = refusal(content)
    assert problem.file == str(tmp_path / "contacts.csv")
    assert words in problem.message
    assert "\n" not in str(problem)


def test_what_is_no_file_is_refused_and_never_waited_for(refusal: Any, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "there is no such file" in refusal(tmp_path / "missing.csv").message
    assert "this is a directory" in refusal(tmp_path).message
    assert "not a file" in refusal(pipe).message
    assert "not a file" in refusal(Path("/dev/zero")).message
    assert "cannot be opened" in refusal(tmp_path / "nul\0.csv").message


def test_file_with_a_header_only_is_an_empty_audience(read_audience: Any) -> None:
    assert read_audience("email,name").contacts == []


def test_digest_follows_every_byte(read_audience: Any) -> None:
    first = read_audience("email\na@example.com\n").digest
    assert len(first) == 64
    assert read_audience("email\na@example.com\n").digest == first
    assert read_audience("email\nb@example.com\n").digest != first


def test_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email\n" + "".join(f"p{number}@example.com\n" for number in range(3000)))
    with open_audience(path) as audience:
        batches = audience.batches()
        next(batches)
        with path.open("a") as file:
            file.write("late@example.com\n")
        with pytest.raises(InputError, match="was changed while it was read"):
            list(batches)


def test_each_reading_starts_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email\na@example.com\nb@example.com\nA@example.com\n")
    with open_audience(path) as audience:
        first, second = list(audience.batches(2)), list(audience.batches(2))
    assert first == second
    assert [row.line for batch in first for row in batch] == [2, 3, 4]


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email\n")
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    audience = open_audience(path)
    audience.close()
    audience.close()
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_reading_ends_when_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email\na@example.com\nb@example.com\n")
    audience = open_audience(path)
    batches = audience.batches(1)
    next(batches)
    audience.close()
    with pytest.raises(InputError, match="was closed"):
        next(batches)


def test_line_of_1_gb_is_skipped_within_5_seconds(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    with path.open("wb") as file:  # a hole: no disk is used
        file.write(b"email\na@example.com\n")
        file.seek(2**30)
        file.write(b"\nb@example.com\n")
    start = time.process_time()
    with open_audience(path) as audience:
        rows = [row for batch in audience.batches() for row in batch]
    assert time.process_time() - start < 5
    assert [row.line for row in rows] == [2, 3, 4]
    assert isinstance(rows[2], Contact)


_PEAK = """
import resource, sys
from pathlib import Path
from paceline.audience.audience import open_audience
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read, early = 0, 0
with open_audience(Path(sys.argv[1])) as audience:
    for batch in audience.batches():
        read += len(batch)
        early = early or (read >= 10_000 and peak())
print(read, (peak() - early) // 1024)
"""


def test_memory_stays_flat_from_10_000_to_200_000_rows(csv_of: Callable[[Iterable[bytes]], Path]) -> None:
    rows = (b"person%d@example.com,J\xc3\xbcrgen,K\xc3\xb6ln,pro,%d\n" % (number, number) for number in range(200_000))
    path = csv_of([b"email,first_name,city,plan,points\n", *rows])
    python_path = os.pathsep.join(filter(None, sys.path))
    found = subprocess.run(
        [sys.executable, "-c", _PEAK, path], env={"PYTHONPATH": python_path}, capture_output=True, text=True, check=True
    )
    read, growth_mb = map(int, found.stdout.split())
    assert read == 200_000
    assert growth_mb < 15
