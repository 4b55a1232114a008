"""Brings what happened to messages from the queue to the contacts, so that segments can ask for it.

Queue and catalogue may be two databases: each batch is read from the one and written, with its cursor, to the other in
one transaction; killed between the two it is read again, and what is written a second time changes nothing. Rows are
read in the order of their moments, and one may be committed later than its moment (a sender without its database).
So everything is read twice: once a few seconds after it happened, once again a quarter of an hour later.
"""

from __future__ import annotations

from dataclasses import asdict

from paceline.store.catalogue import activity
from paceline.store.catalogue.activity import Activity
from paceline.store.database import Database
from paceline.store.queue import activity_facts
from paceline.store.queue.activity_facts import Source

_PASSES = (
    ("activity", Source.EVENTS, 2.0),
    ("activity again", Source.EVENTS, 900.0),
    ("activity of facts", Source.FACTS, 2.0),
    ("activity of facts again", Source.FACTS, 900.0),
)
"""Name of the cursor, what it reads, and the seconds that it stays behind the present."""
_BATCH = 500


def record_activity(queue: Database, catalogue: Database, *, now: float, batches: int = 100) -> bool:
    """Bring over what is due, in at most so many batches per pass; True when more is waiting."""
    passes = [_pass(queue, catalogue, name, source, until=now - lag, batches=batches) for name, source, lag in _PASSES]
    return any(passes)


def _pass(queue: Database, catalogue: Database, name: str, source: Source, *, until: float, batches: int) -> bool:
    with catalogue.read() as connection:
        place = activity.cursor(connection, name)
    for _ in range(batches):
        with queue.read() as connection:
            end, message_ids = activity_facts.touched(connection, source, after=place, until=until, limit=_BATCH)
            found = activity_facts.of_messages(connection, queue, source, message_ids) if message_ids else []
        if end is None:
            return False
        place = end
        with catalogue.write() as connection:
            activity.record(connection, catalogue, [Activity(**asdict(fact)) for fact in found])
            activity.move_cursor(connection, name, at=place[0], message_id=place[1])
    return True
