"""Takes accounts from senders that are gone: claims return free of charge, open intents become uncertain."""

from __future__ import annotations

import logging
from collections.abc import Callable

from paceline.store.database import Database
from paceline.store.queue import senders
from paceline.store.queue.deliveries import Deliveries
from paceline.store.queue.senders import SenderRow

_log = logging.getLogger("paceline.chores")


def rescue_lost(
    database: Database,
    *,
    now: float,
    margin_seconds: float,
    own_process: str,
    is_surely_dead: Callable[[str], bool],
) -> int:
    """Rescue every account of a sender that is dead, or silent for longer than its lease and the margin.

    A sender of ``own_process`` is alive, however long it was silent. Returns how many messages became uncertain.
    """
    with database.read() as connection:
        living = senders.living(connection)
    others = [s for s in living if not own_process or s.process != own_process]
    lost = [s for s in others if s.lease_until + margin_seconds < now or is_surely_dead(s.process)]
    return sum(_rescue(database, sender, now) for sender in lost)


def _rescue(database: Database, sender: SenderRow, now: float) -> int:
    deliveries = Deliveries(database, sender_id=sender.id, slot=0)
    uncertain = sum(deliveries.rescue(account_id, sender.id, now) for account_id in sender.account_ids)
    with database.write() as connection:
        senders.end(connection, sender.id, now=now)
    _log.warning(
        "sender %s is gone: %s accounts taken back, %s messages uncertain",
        sender.id,
        len(sender.account_ids),
        uncertain,
    )
    return uncertain
