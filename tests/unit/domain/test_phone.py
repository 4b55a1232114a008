"""Phone numbers as people write them, and what is none."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, strategies as st

from paceline.domain.phone import parse_phone


@pytest.mark.parametrize(
    "text", ["+41446681800", "+41 44 668 18 00", "0041446681800", "+41 (44) 668-18-00", " +41.44.668/18.00 "]
)
def test_numbers_have_one_form(text: str) -> None:
    assert parse_phone(text) == "+41446681800"


@pytest.mark.parametrize("text", ["044 668 18 00", "16505551234"])
def test_a_number_without_a_country_code_is_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match="no country code"):
        parse_phone(text)


@pytest.mark.parametrize(
    "text", ["", "+", "+0441234567", "+4144", "+4144668180012345", "ann@example.com", "+41४४6681800"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="no phone number"):
        parse_phone(text)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_phone(parse_phone(text)) == parse_phone(text)
