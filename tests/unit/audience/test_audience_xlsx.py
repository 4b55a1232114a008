"""XLSX files: what cells become, and that no workbook can harm or hold up the reader."""

from __future__ import annotations

import datetime
import io
import os
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from paceline.audience import xlsx_source
from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact
from paceline.audience.xlsx_source import XlsxSource
from paceline.domain.errors import InputError

SHEET = "xl/worksheets/sheet1.xml"
_SHEET_START = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_MB = 1024 * 1024


def _workbook(*rows: list[Any]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def _saved(path: Path, book: openpyxl.Workbook) -> Path:
    book.save(path)
    return path


def _rebuilt(path: Path, replaced: Mapping[str, Iterable[bytes]], added: Iterable[str] = ()) -> Path:
    """A workbook with other entries in the place of some."""
    original = io.BytesIO()
    _workbook(["email"], ["a@example.com"]).save(original)
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            with target.open(name, "w") as entry:
                entry.writelines(replaced.get(name, [source.read(name)]))
        for name in added:
            target.writestr(name, "x")
    return path


def _sheet(unit: bytes, megabytes: int) -> Iterable[bytes]:
    block = unit * (_MB // len(unit))
    return [_SHEET_START, *[block] * megabytes, b"</sheetData></worksheet>"]


def _seconds_until_refused(path: Path, words: str) -> float:
    """CPU time of this process and of the child: what other programs do at the same time does not count."""
    start = _cpu_seconds()
    with pytest.raises(InputError, match=words), open_audience(path) as audience:
        list(audience.batches())
    return _cpu_seconds() - start


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def test_cells_become_text_as_a_person_reads_it(read_audience: Any, tmp_path: Path) -> None:
    moment = datetime.datetime(2027, 3, 1, 9, 5, 7)
    cells = {
        "email": "jürgen@example.com",
        "whole": 42,
        "phone": 491701234567,
        "share": 0.1,
        "day": datetime.date(2027, 3, 1),
        "moment": moment,
        "time": datetime.time(9, 5),
        "length": datetime.timedelta(hours=30, minutes=2),
        "yes": True,
        "name": " Mia 🎉\nLee ",
        "zip": "01067",
        "none": None,
    }
    path = _saved(tmp_path / "contacts.xlsx", _workbook(list(cells), list(cells.values())))
    audience = read_audience(path)
    assert (audience.encoding, audience.delimiter) == (None, None)
    assert audience.fields == [
        {
            "email": "jürgen@example.com",
            "whole": "42",
            "phone": "491701234567",
            "share": "0.1",
            "day": "2027-03-01",
            "moment": "2027-03-01 09:05:07",
            "time": "09:05:00",
            "length": "30:02:00",
            "yes": "TRUE",
            "name": "Mia 🎉\nLee",
            "zip": "01067",
            "none": "",
        }
    ]


def test_line_is_the_row_number_of_the_sheet(read_audience: Any, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cell, value in {
        "C3": "email",
        "D3": "name",
        "C4": "a@example.com",
        "C7": "b@example.com",
        "D7": "Bob",
        "C8": "none",
        "C9": "A@EXAMPLE.com",
    }.items():
        book.active[cell] = value
    audience = read_audience(_saved(tmp_path / "contacts.xlsx", book))
    assert audience.columns == ("email", "name")
    assert audience.lines == [4, 7]
    assert audience.reasons == {8: "email: it has no @", 9: "duplicate of line 4"}


def test_first_visible_sheet_is_read(read_audience: Any, tmp_path: Path) -> None:
    book = _workbook(["secret"])
    book.active.sheet_state = "hidden"
    book.create_chartsheet("chart")
    for name in ("contacts", "other"):
        sheet = book.create_sheet(name)
        sheet.append(["email"])
        sheet.append([f"{name}@example.com"])
    book.active = 2
    audience = read_audience(_saved(tmp_path / "contacts.xlsx", book))
    assert [contact.address for contact in audience.contacts] == ["contacts@example.com"]


def test_many_rows_arrive_in_order_and_can_be_read_again(tmp_path: Path) -> None:
    rows = [[f"p{number}@example.com", number] for number in range(5000)]
    path = _saved(tmp_path / "contacts.xlsx", _workbook(["email", "n"], *rows))
    with open_audience(path) as audience:
        for _ in range(2):
            contacts = [row for batch in audience.batches(300) for row in batch]
            assert [contact.line for contact in contacts] == list(range(2, 5002))
            assert all(isinstance(row, Contact) and row.fields["n"] == str(row.line - 2) for row in contacts)


def test_row_with_huge_cells_is_refused_alone(read_audience: Any, tmp_path: Path) -> None:
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%b</t></is></c><c r="B%d" t="inlineStr"><is><t>%b</t></is></c></row>'
        % (number, number, address, number, note)
        for number, (address, note) in enumerate(
            [
                (b"email", b"note"),
                (b"a@example.com", b"x" * 70_000),
                (b"b@example.com", b"x" * 10_000_000),
                (b"c@example.com", b"good"),
            ],
            1,
        )
    )
    path = _rebuilt(tmp_path / "contacts.xlsx", {SHEET: [_SHEET_START, rows, b"</sheetData></worksheet>"]})
    audience = read_audience(path)
    assert audience.lines == [4]
    assert audience.reasons == {2: "note: it is longer than 65,536 characters", 3: "the row is longer than 1 MB"}


@pytest.mark.parametrize(
    ("unit", "megabytes", "words"),
    [
        (b"<x/>", 60, "MB when unpacked"),
        (b"<row><c><v>1</v></c></row>", 40, "a column"),
        (b"A", 40, "the table is empty"),
        (b'<row><c t="inlineStr"><is><t>' + b"A" * 900_000, 40, "damaged|save it as CSV"),
    ],
)
def test_bomb_is_refused_within_5_seconds(tmp_path: Path, unit: bytes, megabytes: int, words: str) -> None:
    path = _rebuilt(tmp_path / "bomb.xlsx", {SHEET: _sheet(unit, megabytes)})
    assert _seconds_until_refused(path, words) < 5


@pytest.mark.parametrize(("megabytes", "declared", "words"), [(1, 3_000_000_000, "3,000 MB"), (60, 1000, "damaged")])
def test_size_in_the_directory_is_believed_only_where_it_refuses(
    tmp_path: Path, megabytes: int, declared: int, words: str
) -> None:
    path = _rebuilt(tmp_path / "bomb.xlsx", {SHEET: _sheet(b"<x/>", megabytes)})
    content = bytearray(path.read_bytes())
    entry = content.rindex(SHEET.encode()) - 46  # APPNOTE.TXT 4.3.12: the name follows the 46 bytes of its header
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 24 : entry + 28] = struct.pack("<I", declared)
    path.write_bytes(content)
    assert _seconds_until_refused(path, words) < 5


def test_two_cells_at_opposite_corners_are_refused_within_5_seconds(tmp_path: Path) -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = _rebuilt(tmp_path / "bomb.xlsx", {SHEET: [_SHEET_START, cells, b"</sheetData></worksheet>"]})
    assert _seconds_until_refused(path, "memory") < 5


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    kinds = {
        "laughs": b'<!ENTITY a "lol">' + b"".join(b'<!ENTITY a%d "%b">' % (n, b"&a;" * 10) for n in range(9)),
        "file": b'<!ENTITY a8 SYSTEM "file:///etc/hostname">',
    }
    for name, entities in kinds.items():
        text = b'<row r="1"><c r="A1" t="inlineStr"><is><t>email&a8;</t></is></c></row></sheetData></worksheet>'
        sheet = _SHEET_START.replace(b"?>", b"?><!DOCTYPE worksheet [" + entities + b"]>") + text
        path = _rebuilt(tmp_path / f"{name}.xlsx", {SHEET: [sheet]})
        assert _seconds_until_refused(path, "damaged") < 5


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "xl\\..\\outside"])
def test_entries_that_lead_outside_are_refused(refusal: Any, tmp_path: Path, name: str) -> None:
    assert "no spreadsheet program wrote this" in refusal(_rebuilt(tmp_path / "slip.xlsx", {}, [name])).message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("notes.txt", "without a workbook inside"),
        ("mimetype", "save it as .xlsx or CSV"),
        ("word/document.xml", "a Word document"),
        ("xl/workbook.bin", "binary workbook"),
    ],
)
def test_other_archives_are_named(refusal: Any, tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / "contacts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    assert words in refusal(path).message


def test_damaged_workbook_is_refused_wherever_it_is_damaged(tmp_path: Path) -> None:
    path = _saved(tmp_path / "contacts.xlsx", _workbook(["email"], ["a@example.com"]))
    content = path.read_bytes()
    chance = random.Random(7)
    for _ in range(12):
        damaged = bytearray(content[: chance.randrange(4, len(content))])
        for _ in range(5):
            damaged[chance.randrange(4, len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(InputError), open_audience(path) as audience:
            list(audience.batches())


def test_empty_sheet_is_refused(refusal: Any, tmp_path: Path) -> None:
    assert "the table is empty" in refusal(_saved(tmp_path / "contacts.xlsx", _workbook())).message


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(100)",
        "import os; os.abort()",
        "print('{\"rows\": [[1, [1]]]}')",
        "print('{\"rows\": 1}')",
        "print('[' * 100000)",
        "print('9' * 100000)",
        "print('no json')",
        'print(\'{"rows": [[1, ["email"]]]}\')',
        "import sys\nwhile True: sys.stdout.write('x' * 100000)",
    ],
)
def test_hostile_or_failing_child_becomes_one_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(xlsx_source, "_CHILD", (sys.executable, "-S", "-c", program))
    path = _saved(tmp_path / "contacts.xlsx", _workbook(["email"]))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with pytest.raises(InputError, match="save it as CSV"):
            list(XlsxSource(path, descriptor, silence_seconds=1).rows())
    finally:
        os.close(descriptor)


def test_closing_ends_a_child_that_still_reads(tmp_path: Path, ended: Callable[[int], bool]) -> None:
    rows = [[f"p{number}@example.com", "x" * 500] for number in range(5000)]
    path = _saved(tmp_path / "contacts.xlsx", _workbook(["email", "note"], *rows))
    audience = open_audience(path)
    batches = audience.batches(10)
    next(batches)
    (child,) = [process for process in _children() if not ended(process)]
    audience.close()
    assert ended(child)
    with pytest.raises(InputError):
        list(batches)


@pytest.fixture
def ended() -> Callable[[int], bool]:
    def check(process: int) -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False

    return check


def _children() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children")
    if not found.exists():
        pytest.skip("this system does not list the children of a process")
    return list(map(int, found.read_text().split()))
