"""Rows that are no recipients: each is refused with its line and reason, and the others are read."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact


def test_cells_are_stripped_and_all_columns_are_fields(read_audience: Any) -> None:
    audience = read_audience("E-Mail,first name, plan \n ann@EXAMPLE.com , Ann Lee ,\n")
    assert audience.columns == ("E-Mail", "first name", "plan")
    assert audience.contacts == [
        Contact(
            line=2, address="ann@example.com", fields={"E-Mail": "ann@EXAMPLE.com", "first name": "Ann Lee", "plan": ""}
        )
    ]


def test_repeated_address_is_a_duplicate_of_its_first_line(read_audience: Any) -> None:
    audience = read_audience("email,n\na@example.com,1\nb@example.com,2\nA@Example.COM,3\na@example.com,4\n")
    assert audience.reasons == {4: "duplicate of line 2", 5: "duplicate of line 2"}
    assert audience.refused[0].cells == ("A@Example.COM", "3")
    assert audience.lines == [2, 3]


def test_duplicates_are_found_across_batches(tmp_path: Any) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email\n" + "".join(f"p{number % 700}@example.com\n" for number in range(2000)))
    with open_audience(path) as audience:
        rows = [row for batch in audience.batches(64) for row in batch]
    assert [row.line for row in rows] == list(range(2, 2002))
    assert sum(isinstance(row, Contact) for row in rows) == 700
    last = rows[-1]
    assert not isinstance(last, Contact)
    assert last.reason == f"duplicate of line {2 + 1999 % 700}"


def test_refused_row_does_not_occupy_its_address(read_audience: Any) -> None:
    audience = read_audience(f"email,note\na@example.com,{'x' * 70_000}\na@example.com,short\n")
    assert audience.lines == [3]
    assert audience.reasons == {2: "note: it is longer than 65,536 characters"}


@pytest.mark.parametrize(
    "address", ["", "none", "a@b@example.com", "a@example.com,b@example.com", "-x@example.com", "ä@"]
)
def test_row_without_one_valid_address_is_refused_with_the_reason(read_audience: Any, address: str) -> None:
    audience = read_audience(f'email,name\n"{address}",Ann\nbob@example.com,Bob\n')
    assert audience.lines == [3]
    assert audience.reasons[2].startswith("email: ")
    assert audience.refused[0].cells == (address, "Ann")


def test_row_with_too_many_cells_is_refused_and_one_with_too_few_is_filled(read_audience: Any) -> None:
    audience = read_audience("email,a,b\nx@example.com,1\ny@example.com,1,2,3\nz@example.com,1,2,, \n")
    assert audience.fields == [
        {"email": "x@example.com", "a": "1", "b": ""},
        {"email": "z@example.com", "a": "1", "b": "2"},
    ]
    assert audience.reasons == {3: "4 cells, but the header has 3"}
    assert audience.refused[0].cells == ("y@example.com", "1", "2", "3")


def test_empty_rows_are_skipped_without_a_word(read_audience: Any) -> None:
    audience = read_audience("\n\nemail,a\n\n,\n  , \nx@example.com,1\n\n")
    assert audience.lines == [7]
    assert audience.refused == []


def test_columns_without_a_name_are_no_fields(read_audience: Any) -> None:
    audience = read_audience("email,,name,\nx@example.com,1,Ann,\nnone,2,Bob,\n")
    assert audience.fields == [{"email": "x@example.com", "name": "Ann"}]
    assert audience.refused[0].cells == ("none", "Bob")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"A\0nn", "name: it contains a NUL character"),
        (b"A\xed\xa0\x80nn", "name: it contains half of a character (a lone surrogate)"),
        (b'"' + b"line\n" * 20_000 + b'"', "name: it is longer than 65,536 characters"),
        (b"x" * 10_000_000, "the line is longer than 1 MB"),
        (b'"' + b"x" * 10_000_000 + b'\nrest"', "the line is longer than 1 MB"),
    ],
)
def test_poison_row_harms_no_other(read_audience: Any, name: bytes, reason: str) -> None:
    rows = [b"p%d@example.com,Name %d\n" % (number, number) for number in range(2000)]
    rows[1000] = b"poison@example.com,%b\n" % name
    audience = read_audience(b"email,name\n" + b"".join(rows))
    assert {contact.address for contact in audience.contacts} == {
        f"p{number}@example.com" for number in range(2000) if number != 1000
    }
    assert audience.reasons[1002] == reason
    assert all(len(cell) <= 1001 for row in audience.refused for cell in row.cells)


def test_lone_surrogate_in_utf_16_costs_one_row(read_audience: Any) -> None:
    text = "\ufeffemail,name\na@example.com,A\ud800nn\nb@example.com,Zoë 🎉\n"
    audience = read_audience(text.encode("utf-16-le", "surrogatepass"))
    assert audience.fields == [{"email": "b@example.com", "name": "Zoë 🎉"}]
    assert list(audience.reasons) == [2]


def test_line_separators_of_unicode_are_text(read_audience: Any) -> None:
    audience = read_audience("email,name\na@example.com,one\u2028two\u2029three\x85four\x0bfive\n")
    assert audience.fields[0]["name"] == "one\u2028two\u2029three\x85four\x0bfive"


def test_batches_are_small_where_rows_are_large(tmp_path: Any) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("email,note\n" + "".join(f"p{number}@example.com,{'x' * 60_000}\n" for number in range(200)))
    with open_audience(path) as audience:
        sizes = [len(batch) for batch in audience.batches()]
    assert sum(sizes) == 200
    assert max(sizes) < 100
