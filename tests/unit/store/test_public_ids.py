"""Public ids: one per row and kind, and nothing else decodes."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.store.public_ids import IdKind, PublicIds

IDS = PublicIds(b"a secret key")


@given(kind=st.sampled_from(IdKind), number=st.integers(0, 2**63 - 1))
def test_id_names_its_row(kind: IdKind, number: int) -> None:
    public_id = IDS.encode(kind, number)
    assert public_id.startswith(f"{kind}_")
    assert IDS.decode(kind, public_id) == number


@given(
    number=st.integers(0, 2**63 - 1),
    position=st.integers(0, 25),
    digit=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"),
)
def test_changed_id_names_nothing(number: int, position: int, digit: str) -> None:
    public_id = IDS.encode(IdKind.CONTACT, number)
    digits = list(public_id.removeprefix("con_"))
    if digits[position] == digit:
        return
    digits[position] = digit
    assert IDS.decode(IdKind.CONTACT, f"con_{''.join(digits)}") is None


def test_id_of_another_kind_names_nothing() -> None:
    digits = IDS.encode(IdKind.CONTACT, 7).removeprefix("con_")
    assert IDS.decode(IdKind.CAMPAIGN, f"cmp_{digits}") is None
    assert IDS.decode(IdKind.CAMPAIGN, f"con_{digits}") is None


def test_id_of_another_installation_names_nothing() -> None:
    assert PublicIds(b"another key").decode(IdKind.LIST, IDS.encode(IdKind.LIST, 7)) is None


@pytest.mark.parametrize("words", ["", "con_", "con_7", "con_" + "=" * 26, "con_" + "é" * 26, "con_" + "A" * 26, "7"])
def test_rubbish_names_nothing(words: str) -> None:
    assert IDS.decode(IdKind.CONTACT, words) is None
