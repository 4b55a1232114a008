"""Message-IDs that come back in reports: found again when they are ours, and nothing else is."""

from __future__ import annotations

from hypothesis import given, strategies as st

from paceline.content.message_id import message_id, numbers_in

SECRET = b"a secret of this test"


@given(st.integers(1, 10**18 - 1))
def test_number_is_found_again(number: int) -> None:
    made = message_id(str(number), domain="example.com", secret=SECRET)
    assert made == message_id(str(number), domain="example.com", secret=SECRET)
    assert numbers_in(f"References: <x@y> {made.upper()}\nIn-Reply-To: {made}", SECRET) == [number]
    assert numbers_in(made, b"another secret") == []


@given(st.integers(1, 10**18 - 1), st.integers(0, 127))
def test_flipped_bit_makes_it_unknown(number: int, bit: int) -> None:
    made = message_id(str(number), domain="example.com", secret=SECRET)
    raw = bytearray.fromhex(made[1:33])
    raw[bit // 8] ^= 1 << bit % 8
    assert numbers_in(f"<{raw.hex()}@example.com>", SECRET) == []


@given(st.text(max_size=50))
def test_other_keys_have_ids_that_name_no_message(key: str) -> None:
    made = message_id(f"x{key}", domain="example.com", secret=SECRET)
    assert numbers_in(made, SECRET) == []


def test_numbers_next_to_each_other_have_nothing_in_common() -> None:
    made = [message_id(str(number), domain="e", secret=SECRET) for number in range(1, 200)]
    assert len({one[1:9] for one in made}) == len({one[17:25] for one in made}) == len(made)


def test_text_full_of_candidates_is_read_to_a_limit() -> None:
    assert numbers_in(f"<{'0' * 32}@example.com>" * 10_000, SECRET) == []
