"""Messages that wait for somebody who has left a list: skipped before anybody takes them.

Of a message at a remote worker only the worker knows whether it waits: it is told (store/queue/worker_errands.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.store.database import Database, sql
from paceline.store.queue.tally import Tally

REASON = "the recipient has left the list"

_SLOT = -1  # of the counters: no sender has it


def waiting_messages(connection: Connection, contact_id: int, *, workspace_id: int) -> list[tuple[int, str]]:
    """(message, audience of its campaign) of all that waits for a contact in campaigns to lists which have not ended.

    What is at a remote worker is there as well.
    """
    rows = connection.execute(
        sql(
            "SELECT m.id, c.audience FROM campaigns c JOIN messages m ON m.campaign_id = c.id "
            "AND m.contact_id = :contact AND (m.state IN (0, 3) OR (m.state = 2 AND m.lease = 0)) "
            "WHERE c.workspace_id = :workspace "
            "AND c.status IN ('running', 'paused', 'paused_limits', 'paused_health') AND c.audience LIKE '%\"lists\"%'"
        ),
        {"contact": contact_id, "workspace": workspace_id},
    )
    return [(row.id, row.audience) for row in rows]


def end_as_skipped(
    connection: Connection, database: Database, message_ids: Sequence[int], *, reason: str, now: float
) -> int:
    """End those of these messages as SKIPPED that still wait here; returns how many. A second call finds none.

    All of them are locked, so that until the commit none goes to a remote worker or comes home from it.
    """
    rows = database.rows("rows", id="integer")
    locked = connection.execute(
        sql(
            f"SELECT id, campaign_id, state, lease FROM messages WHERE id IN ({rows}) ORDER BY id {database.lock_rows}"
        ),
        {"rows": json.dumps([[i] for i in message_ids])},
    )
    found = [
        row
        for row in locked
        if row.state == MessageState.QUEUED or (row.state == MessageState.DEFERRED and row.lease > 0)
    ]
    if not found:
        return 0
    connection.execute(
        sql(f"UPDATE messages SET state = :skipped, due_at = NULL, at = :now, reply = :reason WHERE id IN ({rows})"),
        {
            "rows": json.dumps([[row.id] for row in found]),
            "skipped": int(MessageState.SKIPPED),
            "now": now,
            "reason": reason,
        },
    )
    tally = Tally()
    for row in found:
        tally.moved(row.campaign_id, MessageState(row.state), MessageState.SKIPPED)
    tally.write(connection, database, slot=_SLOT, now=now)
    return len(found)
