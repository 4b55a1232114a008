"""Which column is the address, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paceline.audience.audience import open_audience
from paceline.audience.contact import Contact, RefusedRow


@pytest.mark.parametrize(
    "name", ["email", "EMAIL", "E-Mail", "e mail", "Email Address", "E-mail-address", "mail", "Mail Address"]
)
def test_address_column_is_found_by_its_usual_names(read_audience: Any, name: str) -> None:
    audience = read_audience(f"id,{name},name\n1,ann@example.com,Ann\n")
    assert [contact.address for contact in audience.contacts] == ["ann@example.com"]


def test_exact_name_wins_over_similar_ones(read_audience: Any) -> None:
    audience = read_audience("Mail,E-Mail,Email,email\na@example.com,b@example.com,c@example.com,d@example.com\n")
    assert [contact.address for contact in audience.contacts] == ["d@example.com"]


def test_missing_address_column_names_what_is_there_and_what_is_near(refusal: Any) -> None:
    problem = refusal("name,emial,city\nAnn,ann@example.com,Köln\n")
    assert (problem.line, problem.field) == (1, "email")
    assert "the columns are: name, emial, city" in problem.message
    assert 'did you mean "emial"?' in problem.message
    assert '"e-mail"' in problem.message


def test_long_lists_of_columns_are_cut(refusal: Any) -> None:
    problem = refusal(",".join(f"column {number} {'x' * 100}" for number in range(500)) + "\n")
    assert "and 480 more" in problem.message
    assert len(problem.message) < 1500


def test_file_without_a_header_is_told_so(refusal: Any) -> None:
    problem = refusal("ann@example.com,Ann\nbob@example.com,Bob\n")
    assert "no column names" in problem.message


def test_repeated_column_name_is_refused(refusal: Any) -> None:
    problem = refusal("email,name, name \na@example.com,1,2\n")
    assert problem.line == 1
    assert "more than one column has this name: name" in problem.message


def test_100_000_columns_are_refused(refusal: Any) -> None:
    problem = refusal("email," + ",".join(f"c{number}" for number in range(100_000)) + "\n")
    assert problem.message == "100,001 columns; at most 16,384 are accepted"


def test_100_000_cells_in_one_row_cost_that_row(read_audience: Any) -> None:
    audience = read_audience("email,n\na@example.com,1\n" + "b@example.com" + ",1" * 100_000 + "\nc@example.com,1\n")
    assert audience.reasons == {3: "100,001 cells, but the header has 2"}
    assert audience.lines == [2, 4]


def test_another_channel_brings_its_own_address(tmp_path: Path) -> None:
    def parse_phone(text: str) -> str:
        if not text.startswith("+"):
            raise ValueError("it has no country code")
        return text.replace(" ", "")

    path = tmp_path / "contacts.csv"
    path.write_text("email,Phone\na@example.com,+49 170 1\nb@example.com,+491701\nc@example.com,0170\n")
    with open_audience(path, address_column="phone", parse_address=parse_phone, address_key=str) as audience:
        (rows,) = audience.batches()
    assert [row.address for row in rows if isinstance(row, Contact)] == ["+491701"]
    assert [row.reason for row in rows if isinstance(row, RefusedRow)] == [
        "duplicate of line 2",
        "Phone: it has no country code",
    ]
