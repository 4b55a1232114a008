"""Contacts of the tests, written into the catalogue as they are: lists, subscriptions, fields, activity."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from paceline.domain.contact import SubscriptionState
from paceline.domain.segment_rules import Person
from paceline.store.database import Database, sql


def add_list(catalogue: Database, name: str, *, workspace_id: int = 1) -> int:
    """A list without anybody on it."""
    with catalogue.write() as connection:
        statement = sql("INSERT INTO lists (workspace_id, name, created_at) VALUES (:w, :name, 0) RETURNING id")
        return int(connection.execute(statement, {"w": workspace_id, "name": name}).scalar_one())


def add_people(catalogue: Database, people: Iterable[Person], *, workspace_id: int = 1) -> list[int]:
    """Store contacts with all that is known of them; returns their numbers in the same order."""
    ids = []
    with catalogue.write() as connection:
        for person in people:
            number = connection.execute(
                sql(
                    "INSERT INTO contacts (workspace_id, email, email_key, phone, fields, created_at, updated_at) "
                    f"VALUES (:w, :email, :key, :phone, {_json(catalogue)}, 0, 0) RETURNING id"
                ),
                {
                    "w": workspace_id,
                    "email": person.email,
                    "key": person.email and person.email.casefold(),
                    "phone": person.phone,
                    "fields": json.dumps(dict(person.fields)),
                },
            ).scalar_one()
            ids.append(int(number))
            for list_id, state in person.subscriptions.items():
                connection.execute(
                    sql("INSERT INTO subscriptions (list_id, contact_id, state, at) VALUES (:l, :c, :s, 0)"),
                    {"l": list_id, "c": number, "s": int(state)},
                )
            for (campaign_id, kind), last_at in person.activity.items():
                connection.execute(
                    sql(
                        "INSERT INTO activity (contact_id, campaign_id, kind, first_at, last_at, count) "
                        "VALUES (:c, :campaign, :kind, :at, :at, 1)"
                    ),
                    {"c": number, "campaign": campaign_id, "kind": str(kind), "at": last_at},
                )
    return ids


def add_subscribers(catalogue: Database, list_id: int, count: int, *, first: int = 0, workspace_id: int = 1) -> None:
    """Many confirmed contacts of one list: user0@example.com and so on, with the fields first_name and group."""
    rows = catalogue.rows("rows", email="text", fields="text")
    fields = "CAST(fields AS jsonb)" if catalogue.lock_rows else "fields"
    for start in range(first, first + count, 50_000):
        numbers = range(start, min(start + 50_000, first + count))
        people = [[f"user{n}@example.com", {"first_name": f"Name {n}", "group": str(n % 10)}] for n in numbers]
        with catalogue.write() as connection:
            connection.execute(
                sql(
                    "INSERT INTO contacts (workspace_id, email, email_key, fields, created_at, updated_at) "
                    f"SELECT {int(workspace_id)}, email, email, {fields}, 0, 0 FROM ({rows}) AS r ORDER BY email"
                ),
                {"rows": json.dumps(people)},
            )
            connection.execute(
                sql(
                    "INSERT INTO subscriptions (list_id, contact_id, state, at) "
                    "SELECT :list, id, :state, 0 FROM contacts WHERE workspace_id = :w "
                    "AND id > (SELECT COALESCE(MAX(contact_id), 0) FROM subscriptions WHERE list_id = :list)"
                ),
                {"list": list_id, "state": int(SubscriptionState.CONFIRMED), "w": workspace_id},
            )


def confirmed(lists: Sequence[int]) -> dict[int, SubscriptionState]:
    """Subscriptions to these lists."""
    return dict.fromkeys(lists, SubscriptionState.CONFIRMED)


def _json(catalogue: Database) -> str:
    return "CAST(:fields AS jsonb)" if catalogue.lock_rows else ":fields"
