"""Contacts become messages: a part of the audience and the launch cursor in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from paceline.domain.message import PUBLIC_STATES
from paceline.domain.parts import HELD_AT, held_at
from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.erasures import NOBODY, Forgotten
from paceline.store.queue.tally import Tally


class NewMessage(NamedTuple):
    """One recipient; ``contact_id`` is unique in the campaign (the line of the audience file)."""

    contact_id: int
    address: str
    fields: Mapping[str, str]
    """Without NUL characters and lone surrogates, which no database takes."""
    part: int = 0
    """Parts are sent one after the other; all but the first begin by waiting."""


def add(
    connection: Connection,
    database: Database,
    campaign_id: int,
    messages: Sequence[NewMessage],
    *,
    after: int,
    cursor: int,
    refused: int,
    slot: int,
    now: float,
    forgotten: Forgotten | None = None,
) -> bool:
    """Queue a part of the audience: all lines after ``after`` up to ``cursor``; ``refused`` counts from the beginning.

    Messages to people who were erased (``forgotten`` knows them) are nobody's from the start, and skipped. False, with
    nothing changed, when another process has taken these lines, or the campaign has ended.
    """
    taken = connection.execute(
        sql(
            "UPDATE campaigns SET launch_cursor = :cursor, refused = :refused "
            "WHERE id = :id AND launch_cursor = :after AND status NOT IN ('stopped', 'completed')"
        ),
        {"id": campaign_id, "after": after, "cursor": cursor, "refused": refused},
    )
    if taken.rowcount != 1:
        return False
    if forgotten is not None:
        messages = _to_nobody(connection, database, campaign_id, messages, forgotten)
    rows = database.rows("rows", contact_id="integer", address="text", fields="text", part="integer")
    added = connection.execute(
        sql(
            "INSERT INTO messages (campaign_id, contact_id, address, fields, part, due_at) "
            f"SELECT {int(campaign_id)}, contact_id, address, fields, part, "
            f"CASE WHEN part > 0 THEN {HELD_AT} + part END FROM ({rows}) AS r WHERE true "
            "ON CONFLICT (campaign_id, contact_id) DO NOTHING"
        ),
        {"rows": rows_json(map(list, messages))},
    )
    tally = Tally()
    tally.launched(campaign_id, added.rowcount)
    tally.write(connection, database, slot=slot, now=now)
    return True


def _to_nobody(
    connection: Connection,
    database: Database,
    campaign_id: int,
    messages: Sequence[NewMessage],
    forgotten: Forgotten,
) -> Sequence[NewMessage]:
    """The messages, without address and fields where the recipient was erased."""
    workspace_id = connection.execute(
        sql("SELECT workspace_id FROM campaigns WHERE id = :id"), {"id": campaign_id}
    ).scalar_one()
    addresses = [message.address for message in messages]
    gone = forgotten.among(connection, database, addresses, workspace_id=workspace_id)
    if not gone:
        return messages
    return [message._replace(address=NOBODY, fields={}) if message.address in gone else message for message in messages]


def launched(connection: Connection, campaign_id: int) -> int:
    """How many messages of a campaign were queued so far, whatever became of them."""
    sums = " + ".join(PUBLIC_STATES)
    statement = sql(f"SELECT COALESCE(SUM({sums}), 0) FROM campaign_counters WHERE campaign_id = :id")
    return int(connection.execute(statement, {"id": campaign_id}).scalar_one())


def largest_campaigns(connection: Connection, campaign_id: int) -> list[tuple[str, int]]:
    """The name of each account of a campaign that limits its size, and to how many messages."""
    rows = connection.execute(
        sql(
            "SELECT a.name, a.largest_campaign FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
            "WHERE ca.campaign_id = :id AND ca.active = 1 AND a.largest_campaign > 0 ORDER BY ca.position"
        ),
        {"id": campaign_id},
    )
    return [(row.name, int(row.largest_campaign)) for row in rows]


def finish(connection: Connection, campaign_id: int, *, now: float) -> None:
    """The whole audience is in the queue; from here on the campaign can be completed."""
    connection.execute(
        sql("UPDATE campaigns SET launched_at = COALESCE(launched_at, :now) WHERE id = :id"),
        {"id": campaign_id, "now": now},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A single message in the queue: its number, and whether this call has put it there."""

    id: int
    is_new: bool
    address: str
    fields: str


def place(connection: Connection, campaign_id: int, message: NewMessage, *, now: float) -> Placed:
    """Queue one message, unless there is one of this ``contact_id`` already: then that one.

    Locks the campaign, so that it cannot be completed beneath the message.
    """
    connection.execute(
        sql("UPDATE campaigns SET updated_at = :now, launched_at = COALESCE(launched_at, :now) WHERE id = :id"),
        {"id": campaign_id, "now": now},
    )
    values = {
        "campaign": campaign_id,
        "contact": message.contact_id,
        "address": message.address,
        "fields": orjson.dumps(message.fields).decode(),
    }
    added = connection.execute(
        sql(
            "INSERT INTO messages (campaign_id, contact_id, address, fields) "
            "VALUES (:campaign, :contact, :address, :fields) ON CONFLICT (campaign_id, contact_id) DO NOTHING"
        ),
        values,
    )
    row = connection.execute(
        sql("SELECT id, address, fields FROM messages WHERE campaign_id = :campaign AND contact_id = :contact"), values
    ).one()
    return Placed(id=row.id, is_new=added.rowcount == 1, address=row.address, fields=row.fields)


def place_waiting(connection: Connection, campaign_id: int, message: NewMessage) -> bool:
    """Queue one message; False when there is one of this ``contact_id``. ``count_placed`` counts it."""
    added = connection.execute(
        sql(
            "INSERT INTO messages (campaign_id, contact_id, address, fields, part, due_at) "
            "VALUES (:campaign, :contact, :address, :fields, :part, :due) ON CONFLICT (campaign_id, contact_id) DO NOTHING"
        ),
        {
            "campaign": campaign_id,
            "contact": message.contact_id,
            "address": message.address,
            "fields": orjson.dumps(message.fields).decode(),
            "part": message.part,
            "due": held_at(message.part) if message.part else None,
        },
    )
    return added.rowcount == 1


def placed(connection: Connection, contact_id: int, *, workspace_id: int) -> Placed | None:
    """The single message of this ``contact_id`` in the workspace, whatever content it has."""
    row = connection.execute(
        sql(
            "SELECT m.id, m.address, m.fields FROM campaigns c JOIN messages m ON m.campaign_id = c.id "
            "AND m.contact_id = :contact WHERE c.workspace_id = :workspace AND c.kind = 'single'"
        ),
        {"contact": contact_id, "workspace": workspace_id},
    ).first()
    return None if row is None else Placed(id=row.id, is_new=False, address=row.address, fields=row.fields)


def count_placed(connection: Connection, database: Database, campaign_id: int, count: int, *, now: float) -> None:
    """Count messages that ``place`` has queued, last in their transaction."""
    tally = Tally()
    tally.launched(campaign_id, count)
    tally.write(connection, database, slot=0, now=now)
