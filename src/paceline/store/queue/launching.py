"""Contacts become messages: a part of the audience and the launch cursor in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.tally import Tally


class NewMessage(NamedTuple):
    """One recipient; ``contact_id`` is unique in the campaign (the line of the audience file)."""

    contact_id: int
    address: str
    fields: Mapping[str, str]
    """Without NUL characters and lone surrogates, which no database takes."""


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
) -> bool:
    """Queue a part of the audience: all lines after ``after`` up to ``cursor``; ``refused`` counts from the beginning.

    False, with nothing changed, when another process has taken these lines, or the campaign has ended.
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
    rows = database.rows("rows", contact_id="integer", address="text", fields="text")
    added = connection.execute(
        sql(
            "INSERT INTO messages (campaign_id, contact_id, address, fields) "
            f"SELECT {int(campaign_id)}, contact_id, address, fields FROM ({rows}) AS r WHERE true "
            "ON CONFLICT (campaign_id, contact_id) DO NOTHING"
        ),
        {"rows": rows_json(map(list, messages))},
    )
    tally = Tally()
    tally.launched(campaign_id, added.rowcount)
    tally.write(connection, database, slot=slot, now=now)
    return True


def finish(connection: Connection, campaign_id: int, *, now: float) -> None:
    """The whole audience is in the queue; from here on the campaign can be completed."""
    connection.execute(
        sql("UPDATE campaigns SET launched_at = COALESCE(launched_at, :now) WHERE id = :id"),
        {"id": campaign_id, "now": now},
    )
