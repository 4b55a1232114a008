"""An import that is stopped again and again, with a database that loses answers: the same as in one go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection

from paceline.audience import contact_parts, importer
from paceline.domain.contact import merge_fields
from paceline.domain.contact_import import ImportMode, ImportStatus
from paceline.domain.errors import StoreUnavailable
from paceline.operations.audience.contacts import ContactQuery, find_contacts
from paceline.operations.audience.importing import ImportRequest, run_import, start_import
from paceline.operations.audience.lists import list_lists
from paceline.operations.context import Context
from paceline.store.database import Database
from surroundings.imports import counters_are_right, imported, refused_rows, write_csv

ROW = st.tuples(
    st.sampled_from(["a", "B", "b", "c", "d", "é", "nobody", ""]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from("pq"),
)
BAD = "x x"
FILE = st.lists(ROW, min_size=1, max_size=12)


def _address(name: str) -> str:
    return f"{name}@example.com" if len(name) == 1 else name


def _expected(files: list[list[tuple[str, str, str]]], mode: ImportMode) -> dict[str, dict[str, str]]:
    """What the catalogue holds after these files, by their own rules."""
    contacts: dict[str, dict[str, str]] = {}
    for rows in files:
        seen = set()
        for name, city, plan in rows:
            key = _address(name).casefold()
            if len(name) != 1 or key in seen:
                continue
            seen.add(key)
            given_now = {"city": city, "plan": plan}
            if key not in contacts or mode is ImportMode.REPLACE:
                contacts[key] = given_now
            elif mode is ImportMode.UPDATE:
                contacts[key] = merge_fields(contacts[key], given_now)
    return contacts


def _empty(context: Context) -> None:
    for table in ("subscriptions", "imports", "lists", "contacts"):
        context.catalogue.execute(f"DELETE FROM {table}")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(FILE, min_size=1, max_size=2), mode=st.sampled_from(ImportMode))
def test_import_agrees_with_its_rules(
    context: Context, tmp_path: Path, files: list[list[tuple[str, str, str]]], mode: ImportMode
) -> None:
    _empty(context)
    for rows in files:
        named = [(_address(name), city, plan) for name, city, plan in rows]
        done = imported(context, write_csv(tmp_path / "p.csv", ("email", "city", "plan"), *named), mode=mode)
        counts = done.counts
        assert counts["rows"] == len(rows) == sum(counts.values()) - counts["rows"]
        assert len(refused_rows(done)) == counts["duplicates"] + counts["refused"]
    expected = _expected(files, mode)
    found = find_contacts(context, ContactQuery(), limit=100).contacts
    assert {str(one.email).casefold(): one.fields for one in found} == expected
    assert [one.confirmed for one in list_lists(context, limit=10)] == [len(expected)]
    assert counters_are_right(context)


class _Forgetful:
    """A database in which every third long transaction is committed, and nobody hears of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextmanager
    def write_much(self) -> Iterator[Connection]:
        self._transactions += 1
        with self._database.write_much() as connection:
            yield connection
        if self._transactions % 3 == 0:
            raise StoreUnavailable("the connection was lost during COMMIT")


@pytest.mark.parametrize("forgetful", [False, True])
def test_stopped_after_every_transaction_it_counts_nothing_twice(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgetful: bool
) -> None:
    monkeypatch.setattr(importer, "_FIRST_ROWS", 7)
    monkeypatch.setattr(importer, "_MOST_ROWS", 7)
    monkeypatch.setattr(importer, "_FEWEST_ROWS", 7)
    if forgetful:
        monkeypatch.setattr(importer.ContactImport, "_patiently", _at_once_again)
    rows = [(f"a{n % 90}@example.com" if n % 10 else f"bad {n}", str(n)) for n in range(100)]
    path = write_csv(tmp_path / "people.csv", ("email", "n"), *rows)
    request = ImportRequest(file=path, file_name=path.name, list_name="news")
    started = start_import(context, request)
    database: Any = _Forgetful(context.catalogue) if forgetful else context.catalogue
    runs = 0
    while True:
        stop = threading.Event()
        runner_context = _with_catalogue(context, database)
        done = run_import(runner_context, started, stop=stop, on_progress=_stopping(stop))
        runs += 1
        if done.status is ImportStatus.COMPLETED:
            break
        assert done.status is ImportStatus.WAITING
        assert runs < 50
    assert runs > 5
    assert done.counts == {"rows": 100, "imported": 81, "updated": 0, "duplicates": 9, "refused": 10}
    assert len(refused_rows(done)) == 19
    assert [one.confirmed for one in list_lists(context, limit=10)] == [81]
    assert counters_are_right(context)


def _stopping(stop: threading.Event) -> Callable[[dict[str, int]], None]:
    return lambda _: stop.set()


def _at_once_again(_self: object, work: Any) -> Any:
    while True:
        try:
            return work()
        except StoreUnavailable:
            continue


def _with_catalogue(context: Context, database: Any) -> Context:
    return replace(context, catalogue=database)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from(["a", "b", BAD]), min_size=1, max_size=60),
    places=st.tuples(st.integers(0, 59), st.integers(0, 59)),
)
def test_parts_hold_every_row_and_end_where_they_ended_before(
    tmp_path: Path, lines: list[str], places: tuple[int, int]
) -> None:
    path = write_csv(tmp_path / "p.csv", ("email",), *((f"{kind}{n}@example.com",) for n, kind in enumerate(lines)))
    cursor, part_end = sorted(min(place, len(lines) - 1) + 2 for place in places)
    with pytest.MonkeyPatch.context() as patch, contact_parts.open_contacts(path, {}) as audience:
        patch.setattr(contact_parts, "_BATCH", 3)
        patch.setattr(contact_parts, "_CONTACTS_IN_PART", 7)
        parts = list(contact_parts.read_parts(audience, cursor=cursor, part_end=part_end))
    taken = [contact[1] for part in parts for contact in part.contacts]
    refused = [row.line for part in parts for row in part.refused]
    assert sorted(taken) == [line for line, kind in enumerate(lines, 2) if kind != BAD and line > cursor]
    assert refused == [line for line, kind in enumerate(lines, 2) if kind == BAD]
    ends = [part.end for part in parts]
    assert {cursor, part_end} <= set(ends)
    assert not [end for end in ends if cursor < end < part_end]
    assert ends == sorted(ends)
    for part in parts:
        assert part.contacts == sorted(part.contacts)
