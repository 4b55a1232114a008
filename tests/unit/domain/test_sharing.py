"""How senders share accounts, and when one more is worth its start."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paceline.domain.sharing import fair_share, one_more_helps


@given(accounts=st.integers(0, 10_000), senders=st.integers(1, 200))
def test_shares_reach_for_all_accounts_and_nobody_gets_one_too_many(accounts: int, senders: int) -> None:
    share = fair_share(accounts, senders)
    assert share * senders >= accounts
    assert (share - 1) * senders < accounts or share == 0


_WORTH = {"busy": 0.9, "messages": 50_000, "senders": 1, "accounts": 10, "cores": 2}


def test_busy_process_with_much_to_send_and_a_free_core_gets_help() -> None:
    assert one_more_helps(**_WORTH)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [{"busy": 0.3}, {"messages": 500}, {"senders": 2}, {"accounts": 1}, {"cores": 1}],
    ids=["it waits", "little is left", "every core has one", "one account", "one core"],
)
def test_help_that_would_only_wait_is_not_started(change: dict[str, float]) -> None:
    assert not one_more_helps(**{**_WORTH, **change})  # type: ignore[arg-type]
