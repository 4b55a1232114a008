"""Connections of a server: halved by failures, grown by successes, never below one, forgotten when it is well."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from paceline.domain.server_width import ServerWidth, merged


@given(st.integers(0, 1000), st.lists(st.floats(1.0, 100.0), max_size=30))
def test_failures_halve_it_and_leave_one(in_use: int, pauses: list[float]) -> None:
    width, now = ServerWidth(), 0.0
    for pause in pauses:
        now += pause
        before = width.width
        width = width.failed(in_use, now)
        assert 1.0 <= width.width <= max(min(before, max(in_use, 1)) / 2, 1.0)


def test_failures_of_one_second_count_once() -> None:
    width = ServerWidth().failed(16, 10.0)
    assert width.failed(16, 10.9) is width
    assert width.failed(16, 11.1).width == 4


@given(st.integers(2, 200))
def test_round_of_successes_adds_one_connection(in_use: int) -> None:
    width = ServerWidth().failed(in_use, 0.0)
    before = width.width
    for _ in range(round(before)):
        width = width.accepted(1000)
    assert before + 0.5 <= width.width <= before + 1.5


def test_server_that_is_well_for_long_is_not_held_back_any_more() -> None:
    width = ServerWidth().failed(8, 0.0)
    successes = 0
    while width.narrow:
        width = width.accepted(8)
        successes += 1
    assert 50 < successes < 500


# Several processes at one server.

FEW = ServerWidth(width=4.0, cut_at=10.0)


def test_process_that_learns_of_a_cut_elsewhere_takes_it_over() -> None:
    assert merged(ServerWidth(), ServerWidth(), FEW) == FEW
    grown = replace(FEW, width=6.0)
    cut = ServerWidth(width=2.5, cut_at=20.0)
    assert merged(grown, FEW, cut) == cut


def test_cut_of_ones_own_holds_against_what_was_true_before() -> None:
    cut = ServerWidth(width=2.0, cut_at=20.0)
    assert merged(cut, FEW, FEW) == cut
    assert merged(cut, FEW, replace(FEW, width=5.0)) == cut


def test_cuts_of_several_processes_within_a_second_are_one() -> None:
    mine, theirs = ServerWidth(width=3.0, cut_at=20.4), ServerWidth(width=2.5, cut_at=20.0)
    both = ServerWidth(width=2.5, cut_at=20.4)
    assert merged(mine, FEW, theirs) == merged(theirs, FEW, mine) == both


def test_what_several_have_added_adds_up() -> None:
    assert merged(replace(FEW, width=5.0), FEW, replace(FEW, width=4.5)).width == 5.5


def test_who_forgets_forgets_for_all() -> None:
    assert merged(FEW, FEW, ServerWidth()) == ServerWidth()
    assert merged(ServerWidth(), FEW, replace(FEW, width=9.0)) == ServerWidth()


widths = st.builds(ServerWidth, width=st.floats(1.0, 100.0), cut_at=st.floats(0.0, 100.0)) | st.just(ServerWidth())


@given(widths, widths, widths)
def test_merging_never_ends_below_one_and_is_stable(own: ServerWidth, seen: ServerWidth, stored: ServerWidth) -> None:
    found = merged(own, seen, stored)
    assert found.width >= 1.0
    assert merged(found, found, found) == found
