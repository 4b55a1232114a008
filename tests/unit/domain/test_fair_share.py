"""Fairness: shares follow the weights, nobody starves, and nothing is caught up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st

from paceline.domain.fair_share import FairShare


def _turns(share: FairShare, count: int, *, batch: int = 1, idle: set[int] | None = None) -> Counter[int]:
    taken: Counter[int] = Counter()
    while sum(taken.values()) < count:
        for campaign_id, part in share.divided(batch, without=idle or ()).items():
            share.took(campaign_id, part)
            taken[campaign_id] += part
    return taken


@given(st.dictionaries(st.integers(1, 50), st.floats(0.01, 100), min_size=1, max_size=8), st.integers(1, 20))
def test_every_campaign_gets_its_weights_share(weights: dict[int, float], batch: int) -> None:
    share = FairShare()
    share.serve(weights)
    count = 2000
    taken = _turns(share, count, batch=batch)
    for campaign_id, weight in weights.items():
        fair = sum(taken.values()) * weight / sum(weights.values())
        assert abs(taken[campaign_id] - fair) <= batch * (len(weights) + 1)


def test_small_campaign_finishes_in_the_time_its_share_gives() -> None:
    share = FairShare()
    share.serve({1: 1.0, 2: 1.0})
    big = 0
    for _ in range(500):
        (turn,) = share.divided(1)
        share.took(turn, 1)
        big += turn == 1
    assert big == 250


def test_campaign_that_had_nothing_to_send_catches_nothing_up() -> None:
    share = FairShare()
    share.serve({1: 1.0, 2: 1.0})
    _turns(share, 1000, idle={2})
    taken = _turns(share, 100)
    assert abs(taken[1] - taken[2]) <= 2


def test_new_campaign_joins_at_the_present_place() -> None:
    share = FairShare()
    share.serve({1: 1.0})
    _turns(share, 1000)
    share.serve({1: 1.0, 2: 1.0})
    taken = _turns(share, 100)
    assert abs(taken[1] - taken[2]) <= 2


def test_one_claim_is_divided_by_the_weights() -> None:
    share = FairShare()
    share.serve({1: 1.0, 2: 3.0})
    assert share.divided(40) == {1: 10, 2: 30}
    assert share.divided(40, without={2}) == {1: 40}
    assert share.divided(40, without={1, 2}) == {}
    share.took(1, 5)  # it has had more than its part
    assert share.divided(15) == {2: 15}


def test_what_one_has_had_beyond_its_part_is_not_forgotten_while_it_is_away() -> None:
    share = FairShare()
    taken: Counter[int] = Counter()
    for _ in range(50):  # a worker for each message, as where a window has room for one
        share.serve({1: 1.0, 2: 1.0})
        taken += _turns(share, 1)
        share.serve({})
    assert abs(taken[1] - taken[2]) <= 1
