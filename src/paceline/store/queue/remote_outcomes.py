"""What workers tell of messages, applied at home: monotone, counted once, with the events that a sender here would leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.domain.remote_outcome import EVENT_KINDS, where_told
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.message_events import insert_events
from paceline.store.queue.tally import Tally

_SLOT = -1  # of the counters: no sender has it
_CHARGED = (MessageState.SENT, MessageState.UNCERTAIN)


class Told(NamedTuple):
    """What a worker says of one message."""

    message_id: int
    campaign_id: int
    word: str
    attempt: int
    identity: str | None
    reply: str | None
    at: float


def apply(
    connection: Connection,
    database: Database,
    told: Sequence[Told],
    *,
    own_campaigns: Collection[int],
    workspace_id: int,
    now: float,
) -> int:
    """Apply what is new of it, in its order; returns how many messages moved. A second call changes nothing.

    What is about a message of no campaign of the worker is left out.
    """
    if not told:
        return 0
    ids = database.rows("rows", id="integer")
    found = connection.execute(
        sql(
            f"SELECT id, campaign_id, state, lease, attempt FROM messages WHERE id IN ({ids}) ORDER BY id {database.lock_rows}"
        ),
        {"rows": rows_json([number] for number in sorted({one.message_id for one in told}))},
    )
    standings = {row.id: [row.campaign_id, MessageState(row.state), row.lease, row.attempt] for row in found}
    accounts = _accounts(connection, database, {one.identity for one in told if one.identity}, workspace_id)
    tally, moved, events = Tally(), {}, []
    for one in told:
        standing = standings.get(one.message_id)
        if standing is None or standing[0] != one.campaign_id or one.campaign_id not in own_campaigns:
            continue
        account_id = accounts.get(one.identity or "")
        kind = EVENT_KINDS.get(one.word)
        if kind is not None:
            events.append([one.message_id, one.attempt, kind, one.campaign_id, account_id, one.at, one.reply])
        target = where_told(one.word, state=standing[1], lease=standing[2])
        if target is None:
            continue
        source, standing[1] = standing[1], target
        tally.moved(one.campaign_id, source, target)
        if target in _CHARGED and source not in _CHARGED and account_id is not None:
            tally.told(one.campaign_id, account_id, is_sent=target is MessageState.SENT, at=one.at)
        elif target is MessageState.SENT and account_id is not None:
            tally.credited(one.campaign_id, account_id)
        moved[one.message_id] = [
            one.message_id,
            int(target),
            max(standing[3], one.attempt),
            account_id,
            one.reply,
            one.at or now,
            now if target is MessageState.QUEUED else None,
        ]
    _write(connection, database, list(moved.values()), events)
    tally.write(connection, database, slot=_SLOT, now=now)
    return len(moved)


def _write(connection: Connection, database: Database, moved: list[list[object]], events: list[list[object]]) -> None:
    if moved:
        rows = database.rows(
            "rows",
            id="integer",
            state="integer",
            attempt="integer",
            account_id="integer",
            reply="text",
            at="number",
            due_at="number",
        )
        connection.execute(
            sql(
                "UPDATE messages SET state = r.state, attempt = r.attempt, reply = r.reply, at = r.at, due_at = r.due_at, "
                "account_id = COALESCE(r.account_id, messages.account_id), first_intent_at = COALESCE(first_intent_at, r.at) "
                f"FROM ({rows}) AS r WHERE messages.id = r.id"
            ),
            {"rows": rows_json(moved)},
        )
    if events:
        connection.execute(sql(insert_events(database)), {"rows": rows_json(events)})


def _accounts(
    connection: Connection, database: Database, identities: Collection[str], workspace_id: int
) -> dict[str, int]:
    """Identity -> account of the workspace."""
    if not identities:
        return {}
    rows = database.rows("rows", identity="text")
    found = connection.execute(
        sql(f"SELECT id, identity FROM accounts WHERE workspace_id = :workspace AND identity IN ({rows})"),
        {"workspace": workspace_id, "rows": rows_json([one] for one in sorted(identities))},
    )
    return {row.identity: row.id for row in found}
