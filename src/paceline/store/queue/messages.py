"""Messages as people ask for them: lists, decisions about uncertain ones, and what a stop leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from paceline.domain.message import PUBLIC_NAMES, MessageState
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.tally import Tally

_PAGE = 1000
_CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message as people see it."""

    id: int
    address: str
    state: str
    account: str | None
    attempts: int
    reply: str | None
    at: float | None
    due_at: float | None


def listing(database: Database, campaign_id: int, *, state: str | None = None) -> Iterator[MessageRow]:
    """The messages of a campaign in the order of its audience, read page by page."""
    wanted = [int(s) for s, name in PUBLIC_NAMES.items() if state is None or name == state]
    statement = sql(
        "SELECT m.id, m.address, m.state, a.name AS account, m.attempt, m.reply, m.at, CASE WHEN m.due_at < 1e15 THEN m.due_at END AS due_at "
        "FROM messages m LEFT JOIN accounts a ON a.id = m.account_id "
        f"WHERE m.campaign_id = :campaign AND m.id > :after AND m.state IN ({', '.join(map(str, wanted))}) "
        "ORDER BY m.id LIMIT :page"
    )
    after = 0
    while True:
        with database.read() as connection:
            values = {"campaign": campaign_id, "after": after, "page": _PAGE}
            rows = connection.execute(statement, values).all()
        for row in rows:
            yield _message(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def recipients(connection: Connection, campaign_id: int, *, limit: int) -> list[tuple[str, dict[str, str]]]:
    """Addresses and fields of the first messages of a campaign, in the order of its audience."""
    rows = connection.execute(
        sql(
            "SELECT address, fields FROM messages WHERE campaign_id = :campaign AND contact_id > -1 "
            "ORDER BY contact_id LIMIT :limit"
        ),
        {"campaign": campaign_id, "limit": limit},
    )
    return [(row.address, orjson.loads(row.fields)) for row in rows]


def resolve_uncertain(database: Database, campaign_id: int, *, resend: bool, slot: int, now: float) -> int:
    """Decide every uncertain message: it counts as sent, or goes back to the queue. Returns how many.

    In parts, each in a transaction of its own; a second call finds nothing left.
    """
    target = MessageState.QUEUED if resend else MessageState.SENT
    total = 0
    while True:
        with database.write() as connection:
            rows = _take_uncertain(connection, database, campaign_id, target, now)
            tally = Tally()
            for row in rows:
                tally.moved(campaign_id, MessageState.UNCERTAIN, target)
                if target is MessageState.SENT:
                    tally.credited(campaign_id, row.account_id)
            tally.write(connection, database, slot=slot, now=now)
        total += len(rows)
        if len(rows) < _CHUNK:
            return total


def _take_uncertain(
    connection: Connection, database: Database, campaign_id: int, target: MessageState, now: float
) -> list[Any]:
    """Move a part of the uncertain messages and keep the decision as an event of each."""
    rows = list(
        connection.execute(
            sql(
                "UPDATE messages SET state = :target, at = :now, "
                "due_at = CASE WHEN :target = 0 THEN :now ELSE NULL END WHERE id IN "
                "(SELECT id FROM messages WHERE campaign_id = :campaign AND state = 7 "
                f"ORDER BY id LIMIT {_CHUNK} {database.skip_locked}) RETURNING id, attempt, account_id"
            ),
            {"target": int(target), "now": now, "campaign": campaign_id},
        )
    )
    if rows:
        kind = "resolved_resend" if target is MessageState.QUEUED else "resolved_sent"
        connection.execute(
            sql(
                "INSERT INTO events (message_id, attempt, kind, campaign_id, account_id, at) "
                "VALUES (:message, :attempt, :kind, :campaign, :account, :now) ON CONFLICT DO NOTHING"
            ),
            [
                {
                    "message": row.id,
                    "attempt": row.attempt,
                    "kind": kind,
                    "campaign": campaign_id,
                    "account": row.account_id,
                    "now": now,
                }
                for row in rows
            ],
        )
    return rows


def cancel_waiting(database: Database, campaign_id: int, *, slot: int, now: float) -> int:
    """Cancel what a stopped campaign has queued or deferred, in parts; a second call finds nothing left."""
    total = 0
    while True:
        with database.write() as connection:
            waiting = _waiting(connection, database, campaign_id)
            if not waiting:
                return total
            rows = database.rows("rows", id="integer")
            connection.execute(
                sql(f"UPDATE messages SET state = 8, due_at = NULL, at = :now WHERE id IN ({rows})"),
                {"rows": rows_json([row.id] for row in waiting), "now": now},
            )
            tally = Tally()
            for row in waiting:
                tally.moved(campaign_id, MessageState(row.state), MessageState.CANCELLED)
            tally.write(connection, database, slot=slot, now=now)
        total += len(waiting)


def _waiting(connection: Connection, database: Database, campaign_id: int) -> list[Any]:
    """A part of what waits: through the indexes of fresh and of due messages, which together hold all of it."""
    values = {"campaign": campaign_id, "part": _CHUNK}
    fresh = "SELECT id, state FROM messages WHERE campaign_id = :campaign AND state = 0 AND due_at IS NULL"
    due = "SELECT id, state FROM messages WHERE campaign_id = :campaign AND due_at IS NOT NULL"
    rows = connection.execute(sql(f"{fresh} ORDER BY id LIMIT :part {database.skip_locked}"), values).all()
    if not rows:
        rows = connection.execute(sql(f"{due} ORDER BY due_at LIMIT :part {database.skip_locked}"), values).all()
    return list(rows)


def _message(row: Any) -> MessageRow:
    return MessageRow(
        id=row.id,
        address=row.address,
        state=PUBLIC_NAMES[MessageState(row.state)],
        account=row.account,
        attempts=row.attempt,
        reply=row.reply,
        at=row.at,
        due_at=row.due_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMessage:
    """A message, and the domain of its Message-ID."""

    message: MessageRow
    message_id_domain: str


def one(connection: Connection, message_id: int, *, workspace_id: int) -> OneMessage | None:
    """The message of this number, if its campaign is the workspace's."""
    row = connection.execute(
        sql(
            "SELECT m.id, m.address, m.state, a.name AS account, m.attempt, m.reply, m.at, CASE WHEN m.due_at < 1e15 THEN m.due_at END AS due_at, "
            "c.message_id_domain FROM messages m JOIN campaigns c ON c.id = m.campaign_id "
            "LEFT JOIN accounts a ON a.id = m.account_id WHERE m.id = :id AND c.workspace_id = :workspace"
        ),
        {"id": message_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else OneMessage(message=_message(row), message_id_domain=row.message_id_domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullMessage:
    """A message with what it was made of."""

    id: int
    campaign_name: str
    address: str
    fields: str
    state: int
    at: float | None


def with_fields(connection: Connection, database: Database, ids: list[int]) -> list[FullMessage]:
    """These messages with what they were made of, in order."""
    rows = database.rows("rows", id="integer")
    found = connection.execute(
        sql(
            "SELECT m.id, c.name AS campaign_name, m.address, m.fields, m.state, m.at "
            f"FROM ({rows}) AS r JOIN messages m ON m.id = r.id JOIN campaigns c ON c.id = m.campaign_id ORDER BY m.id"
        ),
        {"rows": rows_json([number] for number in ids)},
    )
    return [FullMessage(**row._mapping) for row in found]


def page(
    connection: Connection, campaign_id: int, *, after: int | None, limit: int, state: str | None = None
) -> list[tuple[int, MessageRow]]:
    """Up to ``limit`` messages of a campaign in the order of its audience, each with its place there.

    ``after`` is the place of the last one that was seen.
    """
    wanted = [int(s) for s, name in PUBLIC_NAMES.items() if state is None or name == state]
    rows = connection.execute(
        sql(
            "SELECT m.contact_id, m.id, m.address, m.state, a.name AS account, m.attempt, m.reply, m.at, CASE WHEN m.due_at < 1e15 THEN m.due_at END AS due_at "
            "FROM messages m LEFT JOIN accounts a ON a.id = m.account_id WHERE m.campaign_id = :campaign "
            f"AND m.contact_id > :after AND m.state IN ({', '.join(map(str, wanted))}) "
            "ORDER BY m.contact_id LIMIT :limit"
        ),
        {"campaign": campaign_id, "after": -1 if after is None else after, "limit": limit},
    )
    return [(row.contact_id, _message(row)) for row in rows]
