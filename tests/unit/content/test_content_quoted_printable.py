"""Pieces of quoted-printable fit together whatever they hold."""

from __future__ import annotations

import quopri

from hypothesis import given, strategies as st

from paceline.content.quoted_printable import SOFT_BREAK, encode_text, encode_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.text("a =\t\n\ré{%", max_size=300)


def _decode(encoded: str) -> str:
    return quopri.decodestring(encoded.encode("ascii")).decode().replace("\r\n", "\n")


@given(st.lists(st.tuples(st.booleans(), TEXTS), max_size=6))
def test_joined_pieces_decode_to_the_joined_texts(pieces: list[tuple[bool, str]]) -> None:
    clean = [(is_value, text.replace("\r\n", "\n").replace("\r", "\n")) for is_value, text in pieces]
    encoded = "".join(encode_value(text) + SOFT_BREAK if is_value else encode_text(text) for is_value, text in clean)
    assert _decode(encoded) == "".join(text for _, text in clean)
    assert max(map(len, encoded.split("\r\n"))) <= 76


@given(TEXTS)
def test_a_value_before_a_hard_break_keeps_its_spaces(text: str) -> None:
    line = encode_value(text).rpartition("\n")[2]
    assert not line.endswith((" ", "\t"))


@given(TEXTS)
def test_an_encoded_text_opens_no_tag(text: str) -> None:
    encoded = encode_text(text.replace("\r\n", "\n").replace("\r", "\n")) + "{{"
    assert not any(opening in encoded[:-2] for opening in ("{{", "{%", "{#"))
    assert not encoded[:-2].endswith("{")
