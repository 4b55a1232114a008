"""CSV files in every dress: encodings, delimiters, quotes, line endings, and the line numbers of their rows."""

from __future__ import annotations

import codecs
import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact

ENCODINGS = {
    "utf-8": b"",
    "utf-8 with a mark": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "cp1252": b"",
}
_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_WESTERN_TEXT = st.text("Abz09 äöüßéñ,;|\t\"'\r\n", max_size=12)  # no pair of these bytes is UTF-8 by chance


def _contacts(content: bytes) -> tuple[tuple[str, ...], list[Contact]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "contacts.csv")
        path.write_bytes(content)
        with open_audience(path) as audience:
            rows = [row for batch in audience.batches(7) for row in batch]
            assert all(isinstance(row, Contact) for row in rows), rows
            return audience.columns, [row for row in rows if isinstance(row, Contact)]


def _written(table: list[list[str]], **dialect: Any) -> str:
    file = io.StringIO()
    csv.writer(file, **dialect).writerows(table)
    return file.getvalue()


@given(
    data=st.data(),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    width=st.integers(1, 5),
)
@settings(max_examples=300, deadline=None)
def test_any_table_comes_back_as_it_was_written(
    data: st.DataObject, encoding: str, delimiter: str, line_end: str, quoting: Any, width: int
) -> None:
    text = _WESTERN_TEXT if encoding == "cp1252" else _ANY_TEXT
    header = ["email", "first name", "note", "x,y;z", "größe"][:width]
    if quoting == csv.QUOTE_MINIMAL and line_end != "\r\n":  # the csv module leaves the other line ends bare
        text = text.map(lambda cell: cell.replace("\r", "").replace("\n", ""))
    body = data.draw(st.lists(st.lists(text, min_size=width - 1, max_size=width - 1), max_size=12))
    table = [header, *([f"person{number}@example.com", *cells] for number, cells in enumerate(body))]
    written = _written(table, delimiter=delimiter, lineterminator=line_end, quoting=quoting)

    columns, contacts = _contacts(ENCODINGS[encoding] + written.encode(encoding.split()[0]))

    assert columns == tuple(header)
    expected = [dict(zip(header, map(str.strip, row), strict=True)) for row in table[1:]]
    assert [contact.fields for contact in contacts] == expected


@given(names=st.lists(st.sampled_from(["Ann", '"Ann\nLee"', '"A\r\nB\n\nC"', '"x\ry"', "\u2028"]), max_size=40))
@settings(deadline=None)
def test_line_is_where_the_row_starts_in_the_file(names: list[str]) -> None:
    text = "email,name\n" + "".join(f"p{number}@example.com,{name}\n" for number, name in enumerate(names))
    lines = io.StringIO(text, newline="").readlines()

    _, contacts = _contacts(text.encode())

    assert len(contacts) == len(names)
    for contact in contacts:
        assert lines[contact.line - 1].startswith(contact.address)


@given(st.lists(st.sampled_from(["Jürgen", "Zoë", "Ann", "Łukasz 🎉", "Größe €"]), min_size=1, max_size=30), st.data())
@settings(deadline=None)
def test_each_line_may_have_its_own_encoding(names: list[str], data: st.DataObject) -> None:
    content = b"email,name\r\n"
    for number, name in enumerate(names):
        western = "Ł" not in name and data.draw(st.booleans())
        content += f"p{number}@example.com,{name}\r\n".encode("cp1252" if western else "utf-8")

    _, contacts = _contacts(content)

    assert [contact.fields["name"] for contact in contacts] == names


def test_bytes_that_windows_1252_leaves_undefined_are_read(read_audience: Any) -> None:
    audience = read_audience(b"email,name\na@example.com,J\xfcrgen \x81\x8d\x8f\x90\x9d.\n")
    assert audience.fields == [{"email": "a@example.com", "name": "Jürgen \x81\x8d\x8f\x90\x9d."}]


def test_emoji_written_as_two_surrogates_are_joined(read_audience: Any) -> None:
    audience = read_audience(b"email,name\na@example.com,Mia \xed\xa0\xbc\xed\xbe\x89\n")
    assert audience.fields[0]["name"] == "Mia 🎉"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("email\nä@example.com\n".encode(), "utf-8"),
        (b"email,name\na@example.com,J\xfcrgen", "windows-1252"),
        ("email,name\na@example.com,Jürgen\n".encode() + b"b@example.com,J\xfcrgen\n", "utf-8 and windows-1252"),
        (codecs.BOM_UTF16_LE + "email\n".encode("utf-16-le"), "utf-16-le"),
        ("email,name\na@example.com,Ann\n".encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + "email\na@example.com".encode("utf-32-le"), "utf-32-le"),
    ],
)
def test_the_encoding_found_is_told(read_audience: Any, content: bytes, encoding: str) -> None:
    assert read_audience(content).encoding == encoding


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_inside_cells_do_not_deceive(read_audience: Any, delimiter: str) -> None:
    others = [mark for mark in ",;|\t" if mark != delimiter]
    note = "".join(f"a{mark} b{mark} c{mark}" for mark in others)
    rows = "".join(f"p{number}@example.com{delimiter}{note * (number % 3)}\n" for number in range(50))
    audience = read_audience(f"email{delimiter}note\n{rows}")
    assert audience.delimiter == delimiter
    assert len(audience.contacts) == 50


def test_one_column_without_any_delimiter_is_a_table(read_audience: Any) -> None:
    audience = read_audience("Email\nann@example.com\nbob@example.com\n")
    assert [contact.address for contact in audience.contacts] == ["ann@example.com", "bob@example.com"]


def test_line_that_names_the_delimiter_may_stand_before_the_header(read_audience: Any) -> None:
    audience = read_audience("sep=|\nemail|name\na@example.com|Lee, Ann; Dr\n")
    assert audience.fields == [{"email": "a@example.com", "name": "Lee, Ann; Dr"}]
    assert audience.lines == [3]


def test_single_quotes_and_backslashes_are_understood(read_audience: Any) -> None:
    audience = read_audience("'email';'name'\n'a@example.com';'Lee; Ann'\n")
    assert audience.fields[0]["name"] == "Lee; Ann"
    audience = read_audience('"email","name"\n"a@example.com","Ann \\"Annie\\", Lee"\n')
    assert audience.fields[0]["name"] == 'Ann "Annie", Lee'


def test_apostrophes_are_no_quotes(read_audience: Any) -> None:
    audience = read_audience("email,city\na@example.com,'s-Hertogenbosch\nb@example.com,O'Fallon\n")
    assert [fields["city"] for fields in audience.fields] == ["'s-Hertogenbosch", "O'Fallon"]


def test_spaces_around_quotes_do_no_harm(read_audience: Any) -> None:
    audience = read_audience('email, name, city\na@example.com, "Lee, Ann" , Köln\n')
    assert audience.fields == [{"email": "a@example.com", "name": "Lee, Ann", "city": "Köln"}]


def test_sloppy_quotes_are_read_as_spreadsheets_do(read_audience: Any) -> None:
    audience = read_audience('email,name,size\na@example.com,"Ann" Lee,5" x\nb@example.com,Bob "the" B,7\n')
    assert [fields["name"] for fields in audience.fields] == ["Ann Lee", 'Bob "the" B']
    assert audience.refused == []


def test_quote_that_is_never_closed_costs_one_row(read_audience: Any) -> None:
    rows = [f"p{number}@example.com,Name {number},x\n" for number in range(1000)]
    rows[500] = 'p500@example.com,"Name 500,x\n'
    audience = read_audience("email,name,note\n" + "".join(rows))
    assert audience.reasons == {502: "a quote in this line is never closed"}
    assert [contact.line for contact in audience.contacts] == [line for line in range(2, 1002) if line != 502]


def test_open_quote_before_quoted_rows_costs_one_row(read_audience: Any) -> None:
    rows = [f'p{number}@example.com,"Lee, Ann",x\n' for number in range(100)]
    rows[50] = 'p50@example.com,"Lee, Ann,x\n'
    audience = read_audience("email,name,note\n" + "".join(rows))
    assert list(audience.reasons) == [52]
    assert len(audience.contacts) == 99


def test_file_that_is_cut_inside_quotes_loses_its_last_row_only(read_audience: Any) -> None:
    audience = read_audience('email,name\na@example.com,Ann\nb@example.com,"Bo')
    assert [contact.address for contact in audience.contacts] == ["a@example.com"]
    assert list(audience.reasons) == [3]


def test_many_broken_quotes_are_read_in_linear_time(read_audience: Any) -> None:
    audience = read_audience("email,name\n" + 'x@example.com,"a\ny@example.com,"b" c\n' * 20_000)
    assert audience.refused[0].line == 2
    assert [contact.line for contact in audience.contacts] == [3]


@given(st.text('e@,"\n\r;\\ xä', max_size=200))
@example('"' * 99)
@example('",\n"' * 20)
@settings(deadline=None)
def test_no_text_breaks_the_reader_and_no_good_row_after_it_is_lost(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "contacts.csv")
        path.write_bytes(("email,name\nfirst@example.com,Ann\n" + text + "\nlast@example.com,Zoe\n").encode())
        with open_audience(path) as audience:
            rows = [row for batch in audience.batches() for row in batch]
        contacts = [row for row in rows if isinstance(row, Contact)]
        lines = [row.line for row in rows]
    assert contacts[0].address == "first@example.com"
    assert lines == sorted(set(lines))
    last = rows[-1]
    assert "last@example.com" in (last.fields.values() if isinstance(last, Contact) else "".join(last.cells))
