"""The list of addresses already read, against a plain dictionary."""

from __future__ import annotations

from contextlib import closing

from hypothesis import given, settings, strategies as st

from paceline.audience.duplicates import SeenAddresses


@given(st.lists(st.lists(st.text('aä"\\\n', max_size=3), max_size=20), max_size=12))
@settings(deadline=None)
def test_lines_of_the_first_are_those_of_a_dictionary(batches: list[list[str]]) -> None:
    known: dict[str, int] = {}
    line = 0
    with closing(SeenAddresses()) as seen:
        for batch in batches:
            keys = [(key, number) for number, key in enumerate(batch, line)]
            line += len(batch)
            expected = {number: known[key] for key, number in keys if known.setdefault(key, number) != number}
            assert seen.add(keys) == expected
