"""Contacts, one by one and page by page. What an import does with thousands at once is in contact_batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from paceline.domain.address import address_key
from paceline.store.database import Database, sql

_COLUMNS = "id, email, phone, CAST(fields AS text) AS fields, created_at, updated_at"
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """A person as the catalogue knows them; at least one of the two addresses is there."""

    id: int
    email: str | None
    phone: str | None
    fields: dict[str, str]
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which contacts are wanted; what is None does not narrow them."""

    email_prefix: str | None = None
    field: str | None = None
    field_value: str = ""
    list_id: int | None = None
    state: int | None = None
    """Only with ``list_id``."""


def create(
    connection: Connection,
    *,
    workspace_id: int,
    email: str | None,
    phone: str | None,
    fields: Mapping[str, str],
    now: float,
) -> int | None:
    """A new contact; returns its id, or None when its e-mail address or its phone number is another contact's."""
    return connection.execute(
        sql(
            "INSERT INTO contacts (workspace_id, email, email_key, phone, fields, created_at, updated_at) "
            "VALUES (:workspace, :email, :email_key, :phone, :fields, :now, :now) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"workspace": workspace_id, **_values(email, phone, fields), "now": now},
    ).scalar_one_or_none()


def get(
    connection: Connection, database: Database, contact_id: int, *, workspace_id: int, to_change: bool = False
) -> ContactRow | None:
    """The contact of this number; ``to_change`` keeps others from changing it until the transaction ends."""
    lock = database.lock_rows if to_change else ""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM contacts WHERE id = :id AND workspace_id = :workspace {lock}"),
        {"id": contact_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _contact(row)


def owners_of(connection: Connection, *, workspace_id: int, email: str | None, phone: str | None) -> set[int]:
    """The numbers of the contacts that have this e-mail address or this phone number."""
    found = connection.execute(
        sql(
            "SELECT id FROM contacts WHERE workspace_id = :workspace AND email_key = :email_key UNION ALL "
            "SELECT id FROM contacts WHERE workspace_id = :workspace AND phone = :phone AND phone IS NOT NULL"
        ),
        {"workspace": workspace_id, "email_key": None if email is None else address_key(email), "phone": phone},
    )
    return set(found.scalars())


def change(
    connection: Connection,
    contact_id: int,
    *,
    workspace_id: int,
    email: str | None,
    phone: str | None,
    fields: Mapping[str, str],
    now: float,
) -> None:
    """Give a contact these addresses and fields; the caller has made sure that nobody else has the addresses."""
    connection.execute(
        sql(
            "UPDATE contacts SET email = :email, email_key = :email_key, phone = :phone, fields = :fields, "
            "updated_at = :now WHERE id = :id AND workspace_id = :workspace"
        ),
        {"id": contact_id, "workspace": workspace_id, **_values(email, phone, fields), "now": now},
    )


def delete(connection: Connection, contact_id: int, *, workspace_id: int) -> bool:
    """Forget a contact whose subscriptions are gone; False when there is none of this number."""
    values = {"id": contact_id, "workspace": workspace_id}
    connection.execute(
        sql(
            "DELETE FROM activity WHERE contact_id IN "
            "(SELECT id FROM contacts WHERE id = :id AND workspace_id = :workspace)"
        ),
        values,
    )
    gone = connection.execute(sql("DELETE FROM contacts WHERE id = :id AND workspace_id = :workspace"), values)
    return gone.rowcount == 1


def listing(
    connection: Connection,
    database: Database,
    wanted: ContactFilter,
    *,
    workspace_id: int,
    limit: int,
    after: int | None = None,
    until: int | None = None,
) -> list[ContactRow]:
    """Up to ``limit`` contacts after the one with the number ``after``: by number, or by address with a prefix.

    ``until`` is the last number to look at, for filters that no index serves.
    """
    conditions = ["contacts.workspace_id = :workspace"]
    values: dict[str, Any] = {"workspace": workspace_id, "limit": limit, "after": after, "until": until}
    source, order = "contacts", "contacts.id"
    if wanted.list_id is not None:
        # By the list's own rows, in this order (CROSS JOIN holds SQLite to it): a short list in a large workspace is
        # read as a short list.
        source, order = "subscriptions s CROSS JOIN contacts", "s.contact_id"
        conditions.append("contacts.id = s.contact_id AND s.list_id = :list")
        conditions += [] if wanted.state is None else ["s.state = :state"]
        values |= {"list": wanted.list_id, "state": wanted.state}
    if wanted.email_prefix:
        conditions.append("email_key >= :prefix AND email_key < :prefix_end")
        values |= {"prefix": wanted.email_prefix, "prefix_end": wanted.email_prefix + _LAST_CHARACTER}
        order = "email_key"
    if after is not None:
        place = "(SELECT email_key FROM contacts WHERE id = :after)" if wanted.email_prefix else ":after"
        conditions.append(f"{order} > {place}")
    if until is not None:
        conditions.append(f"{'s.contact_id' if wanted.list_id is not None else 'contacts.id'} <= :until")
    if wanted.field is not None:
        conditions.append(f"{database.field('fields', 'field')} = :field_value")
        values |= {"field": wanted.field, "field_value": wanted.field_value}
    rows = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :limit"), values
    )
    return [_contact(row) for row in rows]


def of_list(
    connection: Connection, list_id: int, *, limit: int, after: int, state: int | None = None
) -> list[tuple[ContactRow, int]]:
    """Up to ``limit`` contacts of a list with their subscription's state, by number; costs what the page costs."""
    condition = "" if state is None else " AND s.state = :state"
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS}, s.state FROM subscriptions s JOIN contacts ON contacts.id = s.contact_id "
            f"WHERE s.list_id = :list AND s.contact_id > :after{condition} ORDER BY s.contact_id LIMIT :limit"
        ),
        {"list": list_id, "after": after, "state": state, "limit": limit},
    )
    return [(_contact(row), int(row.state)) for row in rows]


def last_number(connection: Connection, *, workspace_id: int) -> int:
    """The highest number of a contact; 0 when there is none."""
    found = connection.execute(sql("SELECT MAX(id) FROM contacts WHERE workspace_id = :w"), {"w": workspace_id})
    return int(found.scalar() or 0)


def _values(email: str | None, phone: str | None, fields: Mapping[str, str]) -> dict[str, str | None]:
    key = None if email is None else address_key(email)
    return {"email": email, "email_key": key, "phone": phone, "fields": orjson.dumps(dict(fields)).decode()}


def _contact(row: Any) -> ContactRow:
    return ContactRow(
        id=row.id,
        email=row.email,
        phone=row.phone,
        fields=orjson.loads(row.fields),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
