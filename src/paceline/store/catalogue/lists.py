"""Lists: their consent on record and their counters, which change in the transaction of what they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.contact import PUBLIC_SUBSCRIPTION_STATES, SubscriptionState
from paceline.store.database import sql

_COLUMNS = (
    "id, name, description, consent, double_opt_in, confirmation_template_id, confirmed, unconfirmed, unsubscribed, "
    "created_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A list and how many contacts stand where on it."""

    id: int
    name: str
    description: str
    consent: str | None
    """Why its contacts may be written to; None: no consent on record."""
    double_opt_in: bool
    confirmation_template_id: int | None
    """Set: people may join by themselves, and get this mail to confirm it."""
    confirmed: int
    unconfirmed: int
    unsubscribed: int
    created_at: float


def create(
    connection: Connection,
    *,
    workspace_id: int,
    name: str,
    description: str = "",
    consent: str | None = None,
    double_opt_in: bool = False,
    confirmation_template_id: int | None = None,
    now: float,
) -> int | None:
    """A new list; returns its number, or None when there is one of this name."""
    return connection.execute(
        sql(
            "INSERT INTO lists (workspace_id, name, description, consent, double_opt_in, confirmation_template_id, "
            "created_at) VALUES (:workspace, :name, :description, :consent, :double, :template, :now) "
            "ON CONFLICT DO NOTHING RETURNING id"
        ),
        {
            "workspace": workspace_id,
            "name": name,
            "description": description,
            "consent": consent,
            "double": int(double_opt_in),
            "template": confirmation_template_id,
            "now": now,
        },
    ).scalar_one_or_none()


def get(connection: Connection, list_id: int, *, workspace_id: int) -> ListRow | None:
    """The list of this number."""
    return _one(connection, "id = :wanted", list_id, workspace_id)


def of_any_workspace(connection: Connection, list_id: int) -> tuple[int, ListRow] | None:
    """The workspace of a list, and the list: for strangers, who know its id only."""
    row = connection.execute(
        sql(f"SELECT workspace_id, {_COLUMNS} FROM lists WHERE id = :id"), {"id": list_id}
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    workspace_id = int(values.pop("workspace_id"))
    return workspace_id, ListRow(**{**values, "double_opt_in": bool(values["double_opt_in"])})


def find(connection: Connection, name: str, *, workspace_id: int) -> ListRow | None:
    """The list of this name."""
    return _one(connection, "name = :wanted", name, workspace_id)


def listing(connection: Connection, *, workspace_id: int, limit: int, after: int = 0) -> list[ListRow]:
    """Up to ``limit`` lists after the one of this number; counts nothing."""
    rows = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM lists WHERE workspace_id = :workspace AND id > :after ORDER BY id LIMIT :limit"),
        {"workspace": workspace_id, "after": after, "limit": limit},
    )
    return [_list(row) for row in rows]


def change(
    connection: Connection,
    list_id: int,
    *,
    workspace_id: int,
    name: str,
    description: str,
    consent: str | None,
    double_opt_in: bool,
    confirmation_template_id: int | None,
) -> None:
    """Give a list these words; the caller has made sure that no other list has the name."""
    connection.execute(
        sql(
            "UPDATE lists SET name = :name, description = :description, consent = :consent, double_opt_in = :double, "
            "confirmation_template_id = :template WHERE id = :id AND workspace_id = :workspace"
        ),
        {
            "id": list_id,
            "workspace": workspace_id,
            "name": name,
            "description": description,
            "consent": consent,
            "double": int(double_opt_in),
            "template": confirmation_template_id,
        },
    )


def record_consent(connection: Connection, list_id: int, consent: str, *, workspace_id: int) -> None:
    """Put the consent of a list on record; one that is there already stays, the new words are added to it."""
    connection.execute(
        sql(
            "UPDATE lists SET consent = CASE WHEN consent IS NULL THEN :consent ELSE consent || '; ' || :consent END "
            "WHERE id = :id AND workspace_id = :workspace"
        ),
        {"id": list_id, "workspace": workspace_id, "consent": consent},
    )


def count(connection: Connection, list_id: int, changes: Mapping[SubscriptionState, int]) -> None:
    """Add to the counters of a list, in the transaction of the subscriptions that changed."""
    if not any(changes.values()):
        return
    names = [name for state, name in PUBLIC_SUBSCRIPTION_STATES.items() if changes.get(state)]
    connection.execute(
        sql(f"UPDATE lists SET {', '.join(f'{name} = {name} + :{name}' for name in names)} WHERE id = :id"),
        {"id": list_id, **{PUBLIC_SUBSCRIPTION_STATES[state]: number for state, number in changes.items()}},
    )


def delete(connection: Connection, list_id: int, *, workspace_id: int) -> bool:
    """Remove a list whose subscriptions are gone; False when there is none of this number."""
    gone = connection.execute(
        sql("DELETE FROM lists WHERE id = :id AND workspace_id = :workspace"),
        {"id": list_id, "workspace": workspace_id},
    )
    return gone.rowcount == 1


def _one(connection: Connection, condition: str, wanted: int | str, workspace_id: int) -> ListRow | None:
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM lists WHERE workspace_id = :workspace AND {condition}"),
        {"workspace": workspace_id, "wanted": wanted},
    ).one_or_none()
    return None if row is None else _list(row)


def _list(row: Any) -> ListRow:
    values = dict(row._mapping)
    return ListRow(**{**values, "double_opt_in": bool(values["double_opt_in"])})
