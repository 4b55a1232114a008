"""Numbers without a country code, calling codes, and the spellings of Brazil and Mexico."""

from __future__ import annotations

import pytest

from paceline.domain.phone import calling_code, parse_phone, spellings


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("044 668 18 00", "CH", "+41446681800"),
        ("(030) 901820", "DE", "+4930901820"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("+41 44 668 18 00", "DE", "+41446681800"),
        ("0041446681800", "DE", "+41446681800"),
    ],
)
def test_numbers_belong_to_the_default_country(text: str, country: str, number: str) -> None:
    assert parse_phone(text, country=country) == number


@pytest.mark.parametrize("text", ["123", "0" * 20, "12"])
def test_what_is_no_number_there_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="phone number"):
        parse_phone(text, country="CH")


@pytest.mark.parametrize(("number", "code"), [("+41446681800", "41"), ("+12015550123", "1"), ("+35312345678", "353")])
def test_calling_codes(number: str, code: str) -> None:
    assert calling_code(number) == code


@pytest.mark.parametrize(
    ("number", "other"),
    [("+5511987654321", "+551187654321"), ("+5215512345678", "+525512345678"), ("+41446681800", "+41446681800")],
)
def test_spellings_lead_to_each_other(number: str, other: str) -> None:
    assert set(spellings(number)) == set(spellings(other)) == {number, other}
