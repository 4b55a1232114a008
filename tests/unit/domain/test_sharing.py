"""How senders share accounts."""

from __future__ import annotations

from hypothesis import given, strategies as st

from paceline.domain.sharing import fair_share


@given(accounts=st.integers(0, 10_000), senders=st.integers(1, 200))
def test_shares_reach_for_all_accounts_and_nobody_gets_one_too_many(accounts: int, senders: int) -> None:
    share = fair_share(accounts, senders)
    assert share * senders >= accounts
    assert (share - 1) * senders < accounts or share == 0
