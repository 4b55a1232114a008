"""Removing what is old from the queue, in batches so small that nobody waits for them.

Each function is a walk: it yields the number of rows that its last transaction removed, until there is nothing more to
look at. Between two steps no transaction is open. A walk that is left in the middle has done no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from paceline.store.database import Database, rows_json, sql

_BATCH = 500


def _in_batches(database: Database, statement: str, *, before: float) -> Iterator[int]:
    """Run a statement that removes about ``:batch`` rows from ``:before`` that instant, until it finds no whole batch."""
    removed = _BATCH
    while removed >= _BATCH:
        with database.write() as connection:
            removed = connection.execute(sql(statement), {"before": before, "batch": _BATCH}).rowcount
        yield removed


def events(database: Database, *, before: float) -> Iterator[int]:
    """Events that happened before an instant."""
    yield from _along_messages(database, "events", before=before)


def facts(database: Database, *, before: float) -> Iterator[int]:
    """What came back before an instant; the counts and the first times stay."""
    yield from _along_messages(database, "facts", before=before)


def _along_messages(database: Database, table: Literal["events", "facts"], *, before: float) -> Iterator[int]:
    """Remove what is old from a table whose primary key begins with the message.

    The walk goes along the key and looks, without a lock, at stretches of it; only one with something old in it is
    written to.
    """
    look = sql(
        "SELECT MAX(message_id) AS last, SUM(CASE WHEN at < :before THEN 1 ELSE 0 END) AS old FROM "
        f"(SELECT message_id, at FROM {table} WHERE message_id > :after ORDER BY message_id LIMIT :look) AS s"
    )
    remove = sql(f"DELETE FROM {table} WHERE message_id > :after AND message_id <= :last AND at < :before")
    after = 0
    while True:
        with database.read() as connection:
            stretch = connection.execute(look, {"before": before, "after": after, "look": _BATCH}).one()
        if stretch.last is None:
            return
        if stretch.old:
            with database.write() as connection:
                removed = connection.execute(remove, {"after": after, "last": stretch.last, "before": before}).rowcount
            yield removed
        else:
            yield 0
        after = stretch.last


def soft_bounces(database: Database, *, before: float) -> Iterator[int]:
    """Soft bounces that are counted no more."""
    statement = (
        "DELETE FROM soft_bounces WHERE EXISTS (SELECT 1 FROM (SELECT workspace_id, address, message_id "
        "FROM soft_bounces WHERE at < :before ORDER BY at LIMIT :batch) AS o WHERE "
        "o.workspace_id = soft_bounces.workspace_id AND o.address = soft_bounces.address "
        "AND o.message_id = soft_bounces.message_id) AND at < :before"
    )
    yield from _in_batches(database, statement, before=before)


def health_signs(database: Database, *, before: float) -> Iterator[int]:
    """Signs about messages that no rate counts any more."""
    statement = (
        "DELETE FROM health_signs WHERE message_id IN (SELECT message_id FROM health_signs "
        "WHERE noted_at < :before ORDER BY noted_at LIMIT :batch) AND noted_at < :before"
    )
    yield from _in_batches(database, statement, before=before)


def whatsapp_ids(database: Database, *, before: float) -> Iterator[int]:
    """The provider's ids of messages that nobody answers any more. Looks for them without a lock."""
    removed = _BATCH
    while removed == _BATCH:
        with database.read() as connection:
            statement = sql("SELECT wamid FROM whatsapp_ids WHERE at < :before LIMIT :batch")
            found = connection.execute(statement, {"before": before, "batch": _BATCH}).scalars().all()
        if found:
            rows = database.rows("rows", wamid="text")
            database.execute(f"DELETE FROM whatsapp_ids WHERE wamid IN ({rows})", rows=rows_json([w] for w in found))
        removed = len(found)
        yield removed


def failed_webhooks(database: Database, *, before: float) -> Iterator[int]:
    """Webhooks that could not be worked through, and that nobody has looked at for long."""
    with database.write() as connection:
        yield connection.execute(
            sql("DELETE FROM received_webhooks WHERE failure IS NOT NULL AND at < :before"), {"before": before}
        ).rowcount


def rate_samples(database: Database, *, before: float) -> Iterator[int]:
    """How fast campaigns went before an instant; finer samples are gone long before (store/queue/rate_samples.py)."""
    statement = (
        "DELETE FROM rate_samples WHERE grain = 2 AND at <= (SELECT MAX(at) FROM (SELECT at FROM rate_samples "
        "WHERE grain = 2 AND at < :before ORDER BY at LIMIT :batch) AS o)"
    )
    yield from _in_batches(database, statement, before=before)


def usage(database: Database, *, before_bucket: int) -> Iterator[int]:
    """Counts of answered messages that lie before a bucket: they count in no window any more."""
    with database.read() as connection:
        account_ids = connection.execute(sql("SELECT id FROM accounts ORDER BY id")).scalars().all()
    for account_id in account_ids:
        removed = _BATCH
        while removed == _BATCH:
            with database.write() as connection:
                removed = connection.execute(
                    sql(
                        "DELETE FROM usage WHERE account_id = :account AND bucket IN (SELECT bucket FROM usage "
                        "WHERE account_id = :account AND bucket < :before ORDER BY bucket LIMIT :batch)"
                    ),
                    {"account": account_id, "before": before_bucket, "batch": _BATCH},
                ).rowcount
            yield removed


def ended_senders(database: Database, *, before: float) -> Iterator[int]:
    """Senders that ended before an instant and hold nothing.

    The newest one stays: SQLite would give its number away a second time.
    """
    statement = (
        "DELETE FROM senders WHERE id IN (SELECT id FROM senders s WHERE s.ended_at < :before "
        "AND s.id < (SELECT MAX(id) FROM senders) "
        "AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.sender_id = s.id) ORDER BY s.id LIMIT :batch)"
    )
    yield from _in_batches(database, statement, before=before)
