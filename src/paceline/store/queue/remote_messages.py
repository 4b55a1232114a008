"""At the controller: the messages of a campaign that are at a worker, from the moment before they are written to it.

Such a message is ``intended`` or ``deferred`` without a lease: none here had it, and nobody here takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.message import MessageState
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue import remote_campaigns, suppressions, worker_errands
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.tally import Tally

_SLOT = -1  # of the counters: no sender has it


@dataclass(frozen=True, slots=True)
class Handed:
    """A message as the worker gets it."""

    id: int
    address: str
    fields: str


def gather(connection: Connection, campaign_id: int) -> None:
    """What a sender here had claimed and gave back counts as fresh again, so that nothing is left out."""
    connection.execute(
        sql("UPDATE messages SET due_at = NULL WHERE campaign_id = :id AND due_at IS NOT NULL AND state = 0"),
        {"id": campaign_id},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Messages behind ``after`` up to ``upto``, and at most so many of them."""

    after: int
    upto: int
    limit: int


def take_part(
    connection: Connection, database: Database, campaign: CampaignRow, *, limit: int, now: float
) -> list[Handed]:
    """Mark the next messages as being at the worker, before they are written to it; who is suppressed is skipped.

    From the commit on they are never sent from here unless the worker gives them back.
    """
    rows = connection.execute(
        sql(
            "SELECT id, address, fields FROM messages WHERE campaign_id = :id AND state = 0 AND due_at IS NULL "
            f"ORDER BY id LIMIT :limit {database.lock_rows}"
        ),
        {"id": campaign.id, "limit": limit},
    ).all()
    if not rows:
        return []
    unwanted = _suppressed(connection, database, campaign, rows, now)
    wanted = [row for row in rows if row.id not in unwanted]
    tally = Tally()
    for target, some in ((MessageState.INTENDED, [row.id for row in wanted]), (MessageState.SKIPPED, list(unwanted))):
        if some:
            _set_state(connection, database, some, target, now)
            tally.moved(campaign.id, MessageState.QUEUED, target, len(some))
    tally.write(connection, database, slot=_SLOT, now=now)
    remote_campaigns.update(connection, campaign.id, cursor=rows[-1].id)
    return [Handed(row.id, row.address, row.fields) for row in wanted]


def part_again(
    connection: Connection, database: Database, campaign: CampaignRow, span: Span, *, now: float
) -> tuple[int, list[Handed]]:
    """Messages that were marked and perhaps did not arrive, and up to where they are all of them.

    Who was suppressed or has left the list since is skipped: should the worker have the message nevertheless, it was told.
    """
    rows = connection.execute(
        sql(
            "SELECT id, address, fields FROM messages WHERE id > :after AND id <= :upto AND campaign_id = :id "
            f"AND state = 2 AND lease = 0 ORDER BY id LIMIT :limit {database.lock_rows}"
        ),
        {"id": campaign.id, "after": span.after, "upto": span.upto, "limit": span.limit},
    ).all()
    unwanted = {
        **dict.fromkeys(_suppressed(connection, database, campaign, rows, now)),
        **worker_errands.withheld(connection, campaign.id),
    }
    for reason in dict.fromkeys(unwanted.values()):
        some = [row.id for row in rows if row.id in unwanted and unwanted[row.id] == reason]
        if some:
            _set_state(connection, database, some, MessageState.SKIPPED, now, reason)
            tally = Tally()
            tally.moved(campaign.id, MessageState.INTENDED, MessageState.SKIPPED, len(some))
            tally.write(connection, database, slot=_SLOT, now=now)
    upto = int(rows[-1].id) if len(rows) == span.limit else span.upto
    return upto, [Handed(row.id, row.address, row.fields) for row in rows if row.id not in unwanted]


def _suppressed(
    connection: Connection, database: Database, campaign: CampaignRow, rows: Sequence[Any], now: float
) -> list[int]:
    """Those of these messages whose address is suppressed now."""
    found = suppressions.among(
        connection,
        database,
        [row.address.casefold() for row in rows],
        workspace_id=campaign.workspace_id,
        channel=campaign.channel,
        now=now,
    )
    return [row.id for row in rows if row.address.casefold() in found]


def fresh_left(connection: Connection, campaign_id: int) -> bool:
    """Whether there is a message that was not handed over."""
    statement = sql("SELECT 1 FROM messages WHERE campaign_id = :id AND state = 0 AND due_at IS NULL LIMIT 1")
    return connection.execute(statement, {"id": campaign_id}).one_or_none() is not None


def at_the_worker(connection: Connection, campaign_id: int) -> int:
    """How many messages of a campaign are at its worker, by the counters; only while it has all of them."""
    statement = sql("SELECT COALESCE(SUM(sending + deferred), 0) FROM campaign_counters WHERE campaign_id = :id")
    return int(connection.execute(statement, {"id": campaign_id}).scalar_one())


def held_by_the_worker(connection: Connection, campaign_id: int) -> bool:
    """Whether a message of a campaign is at its worker, by looking for one; seldom asked."""
    statement = sql("SELECT 1 FROM messages WHERE campaign_id = :id AND lease = 0 AND state IN (2, 3) LIMIT 1")
    return connection.execute(statement, {"id": campaign_id}).one_or_none() is not None


def give_up(
    database: Database, campaign_id: int, target: MessageState, *, reason: str | None, now: float, part: int = 2000
) -> int:
    """Move everything that is at the worker to another state, in parts: queued when it surely was not sent, else uncertain.

    A second call finds nothing left. Returns how many.
    """
    total = 0
    after = 0
    while True:
        with database.write() as connection:
            rows = connection.execute(
                sql(
                    "SELECT id, state FROM messages WHERE campaign_id = :id AND id > :after AND lease = 0 "
                    f"AND state IN (2, 3) ORDER BY id LIMIT :part {database.lock_rows}"
                ),
                {"id": campaign_id, "after": after, "part": part},
            ).all()
            if not rows:
                return total
            _set_state(connection, database, [row.id for row in rows], target, now, reason)
            tally = Tally()
            for row in rows:
                tally.moved(campaign_id, MessageState(row.state), target)
            tally.write(connection, database, slot=_SLOT, now=now)
        after = rows[-1].id
        total += len(rows)


def _set_state(
    connection: Connection,
    database: Database,
    ids: Sequence[int],
    target: MessageState,
    now: float,
    reason: str | None = None,
) -> None:
    rows = database.rows("rows", id="integer")
    connection.execute(
        sql(
            "UPDATE messages SET state = :state, due_at = NULL, at = :now, reply = COALESCE(:reason, reply) "
            f"WHERE id IN ({rows})"
        ),
        {"rows": rows_json([number] for number in ids), "state": int(target), "now": now, "reason": reason},
    )
