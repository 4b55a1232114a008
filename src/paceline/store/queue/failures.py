"""Messages that failed: how many with which reply, and their way back into the queue."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.tally import Tally

_CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedReply:
    """What a server said for good, word for word, and to how many messages of one account."""

    reply: str
    account: str | None
    messages: int


def by_reply(connection: Connection, campaign_id: int, *, limit: int) -> list[FailedReply]:
    """The failed messages of a campaign by reply and account, the most frequent first."""
    rows = connection.execute(
        sql(
            "SELECT COALESCE(m.reply, '') AS reply, a.name AS account, COUNT(*) AS messages "
            "FROM messages m LEFT JOIN accounts a ON a.id = m.account_id "
            "WHERE m.campaign_id = :campaign AND m.state = 5 "
            "GROUP BY COALESCE(m.reply, ''), a.name ORDER BY messages DESC, reply LIMIT :limit"
        ),
        {"campaign": campaign_id, "limit": limit},
    )
    return [FailedReply(reply=row.reply, account=row.account, messages=row.messages) for row in rows]


def retry(database: Database, campaign_id: int, replies: Collection[str] | None, *, slot: int, now: float) -> int:
    """Put failed messages back into the queue as if they had not been tried; None: whatever the reply was.

    In parts, each in a transaction of its own; a second call finds nothing left. Returns how many.
    """
    total = 0
    while True:
        with database.write() as connection:
            ids = _take(connection, database, campaign_id, replies, now)
            tally = Tally()
            for _ in ids:
                tally.moved(campaign_id, MessageState.FAILED, MessageState.QUEUED)
            tally.write(connection, database, slot=slot, now=now)
        total += len(ids)
        if len(ids) < _CHUNK:
            return total


def _take(
    connection: Connection, database: Database, campaign_id: int, replies: Collection[str] | None, now: float
) -> list[int]:
    """Move a part of them and keep the wish as an event of each. The number of the attempt goes on: events are told apart by it."""
    wanted = "" if replies is None else f"AND COALESCE(reply, '') IN ({database.rows('replies', reply='text')}) "
    values: dict[str, object] = {"campaign": campaign_id, "now": now}
    if replies is not None:
        values["replies"] = rows_json([reply] for reply in replies)
    rows = connection.execute(
        sql(
            "UPDATE messages SET state = 0, at = :now, due_at = :now, charged = 0, returns = 0, first_intent_at = NULL "
            f"WHERE id IN (SELECT id FROM messages WHERE campaign_id = :campaign AND state = 5 {wanted}"
            f"ORDER BY id LIMIT {_CHUNK} {database.skip_locked}) RETURNING id, attempt, account_id"
        ),
        values,
    ).all()
    if rows:
        connection.execute(
            sql(
                "INSERT INTO events (message_id, attempt, kind, campaign_id, account_id, at) "
                "VALUES (:message, :attempt, 'retried', :campaign, :account, :now) ON CONFLICT DO NOTHING"
            ),
            [
                {
                    "message": row.id,
                    "attempt": row.attempt,
                    "campaign": campaign_id,
                    "account": row.account_id,
                    "now": now,
                }
                for row in rows
            ],
        )
    return [row.id for row in rows]
