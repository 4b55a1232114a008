"""Brings what happened to messages from the queue to the contacts, so that segments can ask for it.

Queue and catalogue may be two databases: each batch is read from the one and written, with its cursor, to the other in
one transaction; killed between the two it is read again, and what is written a second time changes nothing. Events are
read in the order of their moments, and a report may be committed later than its moment (a sender without its database).
So everything is read twice: once a few seconds after it happened, once again a quarter of an hour later.
"""

from __future__ import annotations

from dataclasses import asdict

from paceline.store.catalogue import activity
from paceline.store.catalogue.activity import Activity
from paceline.store.database import Database
from paceline.store.queue import activity_facts

_PASSES = {"activity": 2.0, "activity again": 900.0}
"""Name of the cursor -> seconds that it stays behind the present."""
_BATCH = 500


def record_activity(queue: Database, catalogue: Database, *, now: float, batches: int = 100) -> bool:
    """Bring over what is due, in at most so many batches per pass; True when more is waiting."""
    passes = [_pass(queue, catalogue, name, until=now - lag, batches=batches) for name, lag in _PASSES.items()]
    return any(passes)


def _pass(queue: Database, catalogue: Database, name: str, *, until: float, batches: int) -> bool:
    with catalogue.read() as connection:
        place = activity.cursor(connection, name)
    for _ in range(batches):
        with queue.read() as connection:
            end, message_ids = activity_facts.touched(connection, after=place, until=until, limit=_BATCH)
            found = activity_facts.of_messages(connection, queue, message_ids) if message_ids else []
        if end is None:
            return False
        place = end
        with catalogue.write() as connection:
            if found:
                activity.record(connection, catalogue, [Activity(**asdict(fact)) for fact in found])
            activity.move_cursor(connection, name, at=place[0], message_id=place[1])
    return True
