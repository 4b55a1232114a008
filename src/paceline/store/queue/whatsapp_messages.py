"""WhatsApp messages by what the provider calls them: our reference, its own id, or the recipient of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMessage:
    """A message of which the provider tells something."""

    id: int
    campaign_id: int
    workspace_id: int
    address: str
    state: MessageState
    attempt: int
    lease: int
    part: int
    account_id: int | None
    phone_number_id: str | None
    """The number that has it, or had it last."""
    reply: str
    is_delivered: bool


def some(connection: Connection, database: Database, ids: Iterable[int]) -> dict[int, ToldMessage]:
    """The WhatsApp messages of these ids that there are."""
    rows = connection.execute(_statements(database)["messages"], {"rows": rows_json([i] for i in sorted(set(ids)))})
    return {row.id: _told(row) for row in rows}


def by_wamid(connection: Connection, database: Database, wamids: Iterable[str]) -> dict[str, int]:
    """The message's number for each of these ids of the provider that is known."""
    rows = rows_json([one] for one in sorted(set(wamids)))
    return {row.wamid: row.message_id for row in connection.execute(_statements(database)["by wamid"], {"rows": rows})}


def remember(connection: Connection, database: Database, ids: Sequence[tuple[str, int, str]], *, now: float) -> None:
    """Keep the provider's ids (wamid, message, recipient); those that are known stay as they are."""
    if ids:
        rows = rows_json([*one, now] for one in sorted(set(ids)))
        database.run(connection, _statements(database)["remember"], {"rows": rows})


def last_to(
    connection: Connection, recipients: Sequence[str], *, workspace_ids: Iterable[int], since: float
) -> int | None:
    """The last message to one of these numbers from one of these workspaces; None when there is none since then."""
    allowed = set(workspace_ids)
    found = [
        (row.at, row.message_id)
        for recipient in recipients
        for row in connection.execute(
            sql(
                "SELECT w.at, w.message_id, c.workspace_id FROM whatsapp_ids w JOIN messages m ON m.id = w.message_id "
                "JOIN campaigns c ON c.id = m.campaign_id WHERE w.recipient = :recipient AND w.at >= :since "
                "ORDER BY w.at DESC LIMIT 20"
            ),
            {"recipient": recipient, "since": since},
        )
        if row.workspace_id in allowed
    ]
    return max(found)[1] if found else None


def delivered_since(connection: Connection, recipient: str, *, since: float) -> bool:
    """Whether a message has reached this number since an instant."""
    statement = sql(
        "SELECT 1 FROM whatsapp_ids w JOIN delivery_facts d ON d.message_id = w.message_id "
        "WHERE w.recipient = :recipient AND w.at >= :since AND d.delivered_at > :since LIMIT 1"
    )
    return connection.execute(statement, {"recipient": recipient, "since": since}).first() is not None


def _told(row: Any) -> ToldMessage:
    values = dict(row._mapping)
    return ToldMessage(
        **{**values, "state": MessageState(values["state"]), "is_delivered": values["is_delivered"] is not None}
    )


@lru_cache(maxsize=8)
def _statements(database: Database) -> dict[str, Any]:
    ids = database.rows("rows", id="integer")
    wamids = database.rows("rows", wamid="text")
    kept = database.rows("rows", wamid="text", message_id="integer", recipient="text", at="number")
    statements = {
        "messages": "SELECT m.id, m.campaign_id, c.workspace_id, m.address, m.state, m.attempt, m.lease, m.part, "
        "m.account_id, COALESCE(m.reply, '') AS reply, a.identity AS phone_number_id, d.delivered_at AS is_delivered FROM messages m "
        "JOIN campaigns c ON c.id = m.campaign_id LEFT JOIN accounts a ON a.id = m.account_id "
        f"LEFT JOIN delivery_facts d ON d.message_id = m.id WHERE c.channel = 'whatsapp' AND m.id IN ({ids})",
        "by wamid": f"SELECT wamid, message_id FROM whatsapp_ids WHERE wamid IN ({wamids})",
        "remember": "INSERT INTO whatsapp_ids (wamid, message_id, recipient, at) "
        f"SELECT wamid, message_id, recipient, at FROM ({kept}) AS r WHERE true ON CONFLICT DO NOTHING",
    }
    return {name: sql(statement) for name, statement in statements.items()}
