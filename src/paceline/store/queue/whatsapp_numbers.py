"""What the provider says of our phone numbers, which are accounts; and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """One phone number. What is not known is "" or None."""

    account_id: int
    workspace_id: int
    name: str
    phone_number_id: str
    business_account: str
    display_number: str
    status: str
    quality: str
    messaging_limit: int | None
    inbound_at: float | None
    checked_at: float | None


_SELECT = (
    "SELECT a.id AS account_id, a.workspace_id, a.name, a.identity AS phone_number_id, "
    "COALESCE(n.business_account, '') AS business_account, COALESCE(n.display_number, '') AS display_number, "
    "COALESCE(n.status, '') AS status, COALESCE(n.quality, '') AS quality, n.messaging_limit, n.inbound_at, n.checked_at "
    "FROM accounts a LEFT JOIN whatsapp_numbers n ON n.account_id = a.id "
    "WHERE a.channel = 'whatsapp' AND a.hidden_at IS NULL"
)


def with_id(connection: Connection, phone_number_id: str) -> list[NumberRow]:
    """The accounts of a phone number, of every workspace."""
    return _rows(connection, "AND a.identity = :identity", {"identity": phone_number_id})


def of_business(connection: Connection, business_account: str) -> list[NumberRow]:
    """The accounts that belong to a WhatsApp Business Account, of every workspace."""
    return (
        _rows(connection, "AND n.business_account = :business", {"business": business_account})
        if business_account
        else []
    )


def of_workspace(connection: Connection, workspace_id: int) -> list[NumberRow]:
    """All numbers of a workspace by name."""
    return _rows(connection, "AND a.workspace_id = :workspace", {"workspace": workspace_id})


def of_account(connection: Connection, account_id: int) -> NumberRow:
    """The number that is this account, which must be there."""
    (found,) = _rows(connection, "AND a.id = :id", {"id": account_id})
    return found


def every(connection: Connection) -> list[NumberRow]:
    """All numbers of every workspace."""
    return _rows(connection, "", {})


def learn(connection: Connection, account_id: int, **known: Any) -> None:
    """Keep what is now known of a number: business_account, display_number, status, quality, messaging_limit,
    inbound_at, checked_at. What is not given stays.
    """
    names = sorted(known)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    connection.execute(
        sql(
            f"INSERT INTO whatsapp_numbers (account_id, {', '.join(names)}) "
            f"VALUES (:account_id, {', '.join(':' + name for name in names)}) "
            f"ON CONFLICT (account_id) DO UPDATE SET {changes}"
        ),
        {"account_id": account_id, **known},
    )


def written_to(connection: Connection, *, since: float) -> set[int]:
    """The accounts to which a person has written since an instant."""
    statement = sql("SELECT account_id FROM whatsapp_numbers WHERE inbound_at >= :since")
    return set(connection.execute(statement, {"since": since}).scalars())


def _rows(connection: Connection, condition: str, values: dict[str, Any]) -> list[NumberRow]:
    rows = connection.execute(sql(f"{_SELECT} {condition} ORDER BY a.name, a.id"), values)
    return [NumberRow(**row._mapping) for row in rows]
