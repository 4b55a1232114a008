"""Thousands of contacts in one statement: what an import does. One contact at a time is in contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from paceline.domain.errors import StoreUnavailable
from paceline.store.database import Database, sql


class Identity(StrEnum):
    """The column by which an import knows a contact again."""

    EMAIL = "email_key"
    PHONE = "phone"


# In the words of the unique index, which an ON CONFLICT must repeat.
_UNIQUE = {Identity.EMAIL: "(workspace_id, email_key)", Identity.PHONE: "(workspace_id, phone) WHERE phone IS NOT NULL"}

NewContact = tuple[str | None, str | None, str | None, orjson.Fragment]
"""E-mail address, the same as compared, phone number, and the fields as a JSON object. A tuple: a million of them pass."""


KnownContact = tuple[int, str | None, str]
"""A contact that was there before: number, phone number, fields as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedContact:
    """What an import makes of a contact that was there before."""

    id: int
    phone: str | None
    fields: dict[str, str]


def add(
    connection: Connection,
    database: Database,
    contacts: Sequence[NewContact],
    *,
    identity: Identity,
    workspace_id: int,
    now: float,
) -> dict[str, int]:
    """Create those that are not there. Returns the new ones: what they are known by -> their numbers.

    ``contacts`` ascend by what they are known by: locks are always taken in this order. Raises StoreUnavailable when
    somebody else has just taken one of the phone numbers: the same call works a moment later.
    """
    rows = database.rows("contacts", email="text", email_key="text", phone="text", fields="json")
    statement = sql(
        "INSERT INTO contacts (workspace_id, email, email_key, phone, fields, created_at, updated_at) "
        f"SELECT {int(workspace_id)}, email, email_key, phone, fields, :now, :now FROM ({rows}) AS r WHERE true "
        f"ON CONFLICT {_UNIQUE[identity]} DO NOTHING RETURNING {identity}, id"
    )
    try:
        return dict(database.fetch(connection, statement, {"contacts": orjson.dumps(contacts).decode(), "now": now}))
    except IntegrityError as error:
        raise StoreUnavailable(f"{database.name}: a phone number was taken at this moment") from error


def known(
    connection: Connection, database: Database, keys: Sequence[str], *, identity: Identity, workspace_id: int
) -> dict[str, KnownContact]:
    """Those that are there, by what they are known by; nobody else changes them until the transaction ends."""
    rows = database.fetch(
        connection,
        sql(
            f"SELECT c.{identity}, c.id, c.phone, CAST(c.fields AS text) FROM ({database.rows('keys', key='text')}) AS r "
            f"CROSS JOIN contacts c WHERE c.workspace_id = {int(workspace_id)} AND c.{identity} = r.key "
            f"ORDER BY c.id {database.lock_rows}"
        ),
        {"keys": orjson.dumps([[key] for key in keys]).decode()},
    )
    return {key: (number, phone, fields) for key, number, phone, fields in rows}


def phone_owners(
    connection: Connection, database: Database, phones: Sequence[str], *, workspace_id: int
) -> dict[str, str | None]:
    """Phone numbers that contacts have already -> those contacts' e-mail addresses as compared."""
    rows = database.fetch(
        connection,
        sql(
            f"SELECT c.phone, c.email_key FROM ({database.rows('phones', phone='text')}) AS r CROSS JOIN contacts c "
            f"WHERE c.workspace_id = {int(workspace_id)} AND c.phone = r.phone"
        ),
        {"phones": orjson.dumps([[phone] for phone in phones]).decode()},
    )
    return dict(rows)


def change(connection: Connection, database: Database, contacts: Sequence[ChangedContact], *, now: float) -> None:
    """Give contacts, which ``known`` has locked, their new fields and numbers."""
    rows = database.rows("contacts", id="integer", phone="text", fields="json")
    database.run(
        connection,
        sql(
            "UPDATE contacts SET phone = r.phone, fields = r.fields, updated_at = :now "
            f"FROM ({rows}) AS r WHERE contacts.id = r.id"
        ),
        {"contacts": orjson.dumps([[c.id, c.phone, c.fields] for c in contacts]).decode(), "now": now},
    )
