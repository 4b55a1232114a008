"""Erasing a person from the catalogue: the contact with all that belongs to it, and the address in the audit log."""

from __future__ import annotations

import json
import re

from sqlalchemy import Connection

from paceline.store.catalogue import contacts, subscriptions
from paceline.store.database import Database, sql

_ERASED = "(erased)"


def contact_numbers(connection: Connection, address: str, *, workspace_id: int) -> list[int]:
    """The contacts with this e-mail address or phone number."""
    rows = connection.execute(
        sql("SELECT id FROM contacts WHERE workspace_id = :workspace AND (email_key = :key OR phone = :key)"),
        {"workspace": workspace_id, "key": address.casefold()},
    )
    return list(rows.scalars())


def addresses_of(connection: Connection, contact_id: int) -> list[str]:
    """Every address of a contact."""
    row = connection.execute(sql("SELECT email, phone FROM contacts WHERE id = :id"), {"id": contact_id}).one()
    return [address for address in (row.email, row.phone) if address]


def erase(database: Database, address: str, *, workspace_id: int) -> None:
    """Delete the contact of an address and take the address out of the audit log; a second call finds nothing."""
    with database.write() as connection:
        for number in contact_numbers(connection, address, workspace_id=workspace_id):
            contacts.get(connection, database, number, workspace_id=workspace_id, to_change=True)
            subscriptions.forget_contact(connection, number)
            contacts.delete(connection, number, workspace_id=workspace_id)
    for written in dict.fromkeys((json.dumps(address, ensure_ascii=False)[1:-1], json.dumps(address)[1:-1])):
        _take_out_of_audit(database, written, workspace_id=workspace_id)


def _take_out_of_audit(database: Database, written: str, *, workspace_id: int) -> None:
    """In any case of its letters; the log is read once."""
    with database.read() as connection:
        rows = connection.execute(
            sql(
                f"SELECT id, detail FROM audit WHERE workspace_id = :workspace AND {database.folded('detail')} LIKE :some "
                "ESCAPE '!'"
            ),
            {"workspace": workspace_id, "some": f"%{_literally(written)}%"},
        ).all()
    for row in rows:
        with database.write() as connection:
            connection.execute(
                sql("UPDATE audit SET detail = :detail WHERE id = :id"),
                {"id": row.id, "detail": _without(row.detail, written)},
            )


def _literally(text: str) -> str:
    folded = "".join(c.lower() if c.isascii() else c for c in text)
    return folded.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _without(detail: str, written: str) -> str:
    return re.sub(re.escape(written), _ERASED, detail, flags=re.IGNORECASE)
