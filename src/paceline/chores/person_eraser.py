"""Erases people: their contact, their traces in the audit log, and whatever says to whom a message went.

Step by step, each of them short; killed and repeated it goes on where it was. The steps are in an order in which the
address is known until it is gone everywhere else.
"""

from __future__ import annotations

from paceline.store.catalogue import erasing
from paceline.store.database import Database
from paceline.store.queue import erasures
from paceline.store.queue.erasures import ErasureRow

_LATE_COMMIT_SECONDS = 10.0
"""Where several may write at once, a part of an audience may have been on its way when the erasure was asked for."""


def erase_some(queue: Database, catalogue: Database, *, now: float) -> bool:
    """One step of every erasure that is left; False when there is none, or all wait for messages under way."""
    with queue.read() as connection:
        left = erasures.unfinished(connection)
    steps = [_step(queue, catalogue, row, now) for row in left]  # of each, whatever the others say
    return any(steps)


def _step(queue: Database, catalogue: Database, row: ErasureRow, now: float) -> bool:
    """One step; False when it can only wait."""
    address = row.address or ""
    if row.cursor == 0:
        erasing.erase(catalogue, address, workspace_id=row.workspace_id)
    with queue.read() as connection:
        last, found = erasures.messages_to(connection, queue, address, workspace_id=row.workspace_id, after=row.cursor)
    if last is None:
        return _finish(queue, catalogue, row, now)
    with queue.write() as connection:
        if found:
            erasures.erase_messages(connection, queue, row, found, last=last, now=now)
        else:
            erasures.move_on(connection, row, last=last)
        after = erasures.get(connection, row.id, workspace_id=row.workspace_id)
    return after is not None and after.cursor > row.cursor


def _finish(queue: Database, catalogue: Database, row: ErasureRow, now: float) -> bool:
    if not queue.one_writer and now < row.requested_at + _LATE_COMMIT_SECONDS:
        return False
    erasing.erase(catalogue, row.address or "", workspace_id=row.workspace_id)
    erasures.delete_kept_mail(queue, row)
    with queue.write() as connection:
        erasures.finish(connection, row, now=now)
    return True
