"""Contacts: moves of subscriptions, limits of fields, phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.domain.contact import (
    MOST_FIELDS,
    SUBSCRIPTION_MOVES,
    SubscriptionMove,
    SubscriptionState,
    check_fields,
    entry_move,
    merge_fields,
    parse_phone,
)

FIELDS = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.text("xyz", max_size=2), max_size=5)


@pytest.mark.parametrize("double_opt_in", [False, True])
def test_nobody_else_changes_where_a_contact_stands(double_opt_in: bool) -> None:
    assert SUBSCRIPTION_MOVES[entry_move(double_opt_in=double_opt_in)].sources == {None}


def test_unsubscribed_contact_comes_back_by_itself_or_by_an_explicit_word_only() -> None:
    back = {move for move, row in SUBSCRIPTION_MOVES.items() if SubscriptionState.UNSUBSCRIBED in row.sources}
    assert back == {SubscriptionMove.CONFIRM, SubscriptionMove.REINSTATE}


def test_every_state_but_unsubscribed_can_be_left_by_unsubscribing() -> None:
    sources = SUBSCRIPTION_MOVES[SubscriptionMove.UNSUBSCRIBE].sources
    assert sources == {None, SubscriptionState.UNCONFIRMED, SubscriptionState.CONFIRMED}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 30 1234567", "+49301234567"),
        ("0049-30-1234567", "+49301234567"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("'+12125550100", "+12125550100"),
    ],
)
def test_phone_number_is_brought_into_its_form(text: str, number: str) -> None:
    assert parse_phone(text) == number
    assert parse_phone(number) == number


@pytest.mark.parametrize(
    "text", ["", "030 1234567", "+0301234567", "+49", "+1234567890123456", "+49 30 x", "+٤٩٣٠١٢٣٤٥٦٧"]
)
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_phone(text)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({f"f{n}": "" for n in range(MOST_FIELDS + 1)}, "201 fields"),
        ({"": "x"}, "name"),
        ({" a": "x"}, "name"),
        ({"a" * 101: "x"}, "name"),
        ({"a": "x\0"}, "NUL"),
        ({"a": "\ud800"}, "surrogate"),
        ({"a": "ü" * 32_768}, "65,537 bytes"),
    ],
)
def test_fields_beyond_the_limits_are_refused(fields: dict[str, str], reason: str) -> None:
    assert reason in (check_fields(fields) or "")


def test_fields_at_the_limits_are_accepted() -> None:
    assert check_fields({f"{n:0100}": "x" for n in range(MOST_FIELDS)}) is None
    assert check_fields({"a": "x" * 65_535}) is None


@given(FIELDS, FIELDS)
def test_update_loses_nothing_and_takes_every_value_given(present: dict[str, str], given_now: dict[str, str]) -> None:
    after = merge_fields(present, given_now)
    assert set(after) == set(present) | set(given_now)
    for name, value in after.items():
        assert value == (given_now.get(name) or present.get(name, ""))
    assert merge_fields(after, given_now) == after
