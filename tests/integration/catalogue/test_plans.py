"""Statements that people wait for read what they show, not what is beside it: SQLite's plans, which depend on no data."""

from __future__ import annotations

from typing import Any

import pytest

from paceline.domain.contact import SubscriptionState
from paceline.operations.context import Context
from paceline.store.catalogue import contacts
from paceline.store.catalogue.audiences import Audience, AudienceWalk
from paceline.store.catalogue.contacts import ContactFilter
from paceline.store.queue import account_records, campaigns
from paceline.store.sqlite import SqliteDatabase
from surroundings.subscribers import add_list, add_subscribers


@pytest.fixture
def plans(context: Context) -> list[str]:
    """The plan of every statement that SQLite is given from here on."""
    database = context.catalogue
    if not isinstance(database, SqliteDatabase):
        pytest.skip("PostgreSQL's plans depend on what it has counted")
    from sqlalchemy import event

    found: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            rows = connection.connection.driver_connection.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            found.extend(row[3] for row in rows)

    event.listen(database._engine, "before_cursor_execute", explain)
    return found


def _page(context: Context, wanted: ContactFilter, after: int | None = None) -> list[int]:
    with context.catalogue.read() as connection:
        rows = contacts.listing(connection, context.catalogue, wanted, workspace_id=1, limit=20, after=after)
    return [row.id for row in rows]


def test_pages_of_contacts_sort_and_scan_nothing(context: Context, plans: list[str]) -> None:
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, 50)
    plans.clear()
    assert len(_page(context, ContactFilter())) == 20
    assert len(_page(context, ContactFilter(list_id=news))) == 20
    first = _page(context, ContactFilter(list_id=news, state=int(SubscriptionState.CONFIRMED)))
    assert _page(context, ContactFilter(list_id=news), after=first[-1])[0] > first[-1]
    assert plans
    assert not [step for step in plans if step.startswith("SCAN") or "TEMP B-TREE" in step]


def test_audience_of_a_small_workspace_looks_at_no_other_contacts(context: Context, plans: list[str]) -> None:
    everybody = AudienceWalk(database=context.catalogue, audience=Audience(workspace_id=2, anybody=True), now=0.0)
    news = add_list(context.catalogue, "news")
    add_subscribers(context.catalogue, news, 50)
    plans.clear()
    with context.catalogue.read() as connection:
        assert everybody.window(connection, after=0, size=10) == (None, [])
    assert any("contacts_workspace" in step for step in plans), plans


def test_campaigns_and_accounts_are_found_by_index(context: Context, plans: list[str]) -> None:
    with context.queue.read() as connection:
        assert campaigns.changed(connection, workspace_id=1, since=0.0) == []
        assert account_records.used_since(connection, context.queue, [(1, 0.0, 0.0)]) == {1: (0, 0)}
    assert any("campaigns_changed" in step for step in plans), plans
    assert not [step for step in plans if "SCAN usage" in step or step == "SCAN u"]
