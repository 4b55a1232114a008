"""Choice of account: every way of dealing messages out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from paceline.domain.account_choice import AccountChoice, Candidate, deal
from paceline.domain.mail_provider import domain_of, provider_of, provider_of_host


def _addresses(count: int, domain: str = "example.com") -> list[str]:
    return [f"person{number}@{domain}" for number in range(count)]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(0, 200))
def test_even_choice_levels_what_every_account_has_got(dealt: list[int], count: int) -> None:
    candidates = [Candidate(account_id=n, dealt=number) for n, number in enumerate(dealt)]
    got = Counter(deal(AccountChoice.EVEN, candidates, _addresses(count)))
    after = [number + got[n] for n, number in enumerate(dealt)]
    served = [after[n] for n in got]
    assert not served or max(served) - min(after) <= 1


def test_weighted_choice_follows_the_weights() -> None:
    candidates = [Candidate(account_id=n, dealt=0, weight=weight) for n, weight in ((1, 1.0), (2, 3.0))]
    assert Counter(deal(AccountChoice.WEIGHTED, candidates, _addresses(400))) == {1: 100, 2: 300}


def test_choice_by_remaining_allowance_empties_all_accounts_together() -> None:
    candidates = [Candidate(account_id=1, dealt=90, remaining=10), Candidate(account_id=2, dealt=0, remaining=40)]
    assert Counter(deal(AccountChoice.REMAINING, candidates, _addresses(50))) == {1: 10, 2: 40}


@given(st.sets(st.integers(1, 1000), min_size=2, max_size=8))
def test_sticky_recipient_moves_only_when_its_account_goes(accounts: set[int]) -> None:
    candidates = [Candidate(account_id=number, dealt=0) for number in sorted(accounts)]
    addresses = _addresses(50)
    before = deal(AccountChoice.STICKY, candidates, addresses)
    gone = candidates[0].account_id
    after = deal(AccountChoice.STICKY, candidates[1:], addresses)
    assert all(a == b for a, b in zip(before, after, strict=True) if a != gone)
    assert deal(AccountChoice.STICKY, candidates, [address.upper() for address in addresses]) == before


def test_recipients_of_a_provider_get_its_accounts_and_others_all() -> None:
    candidates = [
        Candidate(account_id=1, dealt=0, provider=provider_of_host("smtp.gmail.com")),
        Candidate(account_id=2, dealt=0, provider=provider_of_host("mail.example.com")),
    ]
    assert set(deal(AccountChoice.SAME_PROVIDER, candidates, _addresses(10, "gmail.com"))) == {1}
    assert Counter(deal(AccountChoice.SAME_PROVIDER, candidates, _addresses(10))) == {1: 5, 2: 5}


@pytest.mark.parametrize(
    ("address", "provider"),
    [("a@GMail.com", "google"), ("a@web.de", "united-internet"), ("a@example.com", None), ("1", None)],
)
def test_provider_of_an_address(address: str, provider: str | None) -> None:
    assert provider_of(domain_of(address)) == provider
