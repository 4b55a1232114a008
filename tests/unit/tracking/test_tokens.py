"""Tokens of links and addresses: what was made is read, and nothing else is."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings, strategies as st

from paceline.domain.tokens import MOST_NUMBERS, TOKEN_LENGTH, Purpose, Token, Tokens

TOKENS = Tokens(b"a secret of this test")
WORKSPACES = st.integers(1, 2**32 - 1)
CAMPAIGNS = st.integers(1, 2**32 - 1)
MESSAGES = st.integers(0, 2**63 - 1)
PURPOSES = st.sampled_from(Purpose)


@given(WORKSPACES, CAMPAIGNS, MESSAGES, PURPOSES, st.integers(0, MOST_NUMBERS - 1))
def test_token_says_what_it_was_made_for(workspace: int, campaign: int, message: int, purpose: Purpose, n: int) -> None:
    number = n if purpose is Purpose.CLICK else 0
    ids = {"workspace_id": workspace, "campaign_id": campaign, "message_id": message}
    token = TOKENS.make(purpose, **ids, number=number)
    assert len(token) == TOKEN_LENGTH
    assert TOKENS.read(token, purpose) == Token(**ids, number=number)
    assert [other for other in Purpose if TOKENS.read(token, other) is not None] == [purpose]


@given(WORKSPACES, MESSAGES, PURPOSES)
@settings(max_examples=15, deadline=None)
def test_every_flipped_bit_makes_it_unknown(workspace: int, message: int, purpose: Purpose) -> None:
    token = TOKENS.make(purpose, workspace_id=workspace, campaign_id=7, message_id=message).encode()
    for bit in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[bit // 8] ^= 1 << bit % 8
        assert all(TOKENS.read(flipped.decode("latin-1"), other) is None for other in Purpose)


@given(WORKSPACES, MESSAGES)
@settings(max_examples=15, deadline=None)
def test_every_flipped_bit_behind_an_address_makes_it_unknown(workspace: int, message: int) -> None:
    token = TOKENS.make_for_mail(Purpose.BOUNCE, workspace_id=workspace, campaign_id=7, message_id=message)
    assert len(f"unsubscribe+{token}") <= 64
    raw = base64.b32decode(token.upper())
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert TOKENS.read_from_mail(base64.b32encode(flipped).decode(), Purpose.BOUNCE) is None


@given(WORKSPACES, MESSAGES, st.sampled_from([str.upper, str.lower, str.title]))
def test_address_may_change_its_case(workspace: int, message: int, change: object) -> None:
    assert callable(change)
    token = TOKENS.make_for_mail(Purpose.BOUNCE, workspace_id=workspace, campaign_id=7, message_id=message)
    read = TOKENS.read_from_mail(change(token), Purpose.BOUNCE)
    assert read == Token(workspace_id=workspace, campaign_id=7, message_id=message)
    assert TOKENS.read_from_mail(change(token), Purpose.UNSUBSCRIBE_MAIL) is None


@given(WORKSPACES, WORKSPACES, MESSAGES)
def test_parts_of_two_tokens_make_no_third(workspace: int, other: int, message: int) -> None:
    """Nobody moves a signature to another workspace, link or purpose."""
    one = TOKENS.make(Purpose.CLICK, workspace_id=workspace, campaign_id=1, message_id=message, number=1)
    two = TOKENS.make(Purpose.CLICK, workspace_id=other, campaign_id=1, message_id=message, number=2)
    for cut in range(4, TOKEN_LENGTH, 4):
        mixed = one[:cut] + two[cut:]
        assert mixed in (one, two) or TOKENS.read(mixed, Purpose.CLICK) is None


@given(st.text(max_size=100))
def test_anything_else_is_unknown(text: str) -> None:
    for purpose in Purpose:
        assert TOKENS.read(text, purpose) is None
        assert TOKENS.read_from_mail(text, purpose) is None


@pytest.mark.parametrize("length", [TOKEN_LENGTH, 48])
@given(data=st.data())
def test_random_token_is_unknown(data: st.DataObject, length: int) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    text = data.draw(st.text(alphabet, min_size=length, max_size=length))
    assert TOKENS.read(text, Purpose.OPEN) is None
    assert TOKENS.read_from_mail(text, Purpose.BOUNCE) is None


def test_tokens_of_one_message_are_the_same_together_and_alone() -> None:
    ids = {"workspace_id": 1, "campaign_id": 2, "message_id": 3}
    places = [Purpose.OPEN, Purpose.UNSUBSCRIBE, *(Purpose.CLICK + number for number in range(20))]
    together = TOKENS.make_all(places, 1, 2, 3)
    assert together[:2] == [TOKENS.make(Purpose.OPEN, **ids), TOKENS.make(Purpose.UNSUBSCRIBE, **ids)]
    assert together[2:] == [TOKENS.make(Purpose.CLICK, **ids, number=number) for number in range(20)]
    assert len(set(together)) == len(together)


def test_keys_rotate_without_breaking_links_under_way() -> None:
    ids = {"workspace_id": 1, "campaign_id": 2, "message_id": 3}
    old, new = Tokens(b"secret"), Tokens(b"secret", current=2)
    before, after = old.make(Purpose.OPEN, **ids), new.make(Purpose.OPEN, **ids)
    assert before != after
    assert new.read(before, Purpose.OPEN) == old.read(after, Purpose.OPEN) == Token(**ids)
    strict = Tokens(b"secret", current=2, oldest=2)
    assert strict.read(before, Purpose.OPEN) is None
    assert strict.read(after, Purpose.OPEN) == Token(**ids)


def test_other_installation_knows_none_of_them() -> None:
    token = TOKENS.make(Purpose.OPEN, workspace_id=1, campaign_id=2, message_id=3)
    assert Tokens(b"another secret").read(token, Purpose.OPEN) is None
