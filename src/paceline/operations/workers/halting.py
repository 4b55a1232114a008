"""A worker that has stopped because its database went back begins anew by a person's word."""

from __future__ import annotations

import threading

from paceline.operations.context import Context, NotPossible
from paceline.operations.workers.asking import worker_client
from paceline.operations.workers.workers import Worker, get, row_of
from paceline.remote.calls import PeerFailed
from paceline.remote.reports import began_anew
from paceline.store.queue import campaigns, remote_campaigns, workers


def clear_halt(context: Context, worker: str) -> Worker:
    """Let a worker go on whose database went back: as with an empty one, so that it sends nothing again.

    What had started there counts as lost until a person decides it (``take_home`` with ``abandon``); what had not is handed
    over anew. Raises NotFound, NotPossible for a worker that is not halted or does not answer.
    """
    row = row_of(context, worker)
    try:
        begun = worker_client(context, row, threading.Event(), retries=0).begin_anew()  # a person waits
    except PeerFailed as failure:
        raise NotPossible(f"{row.name} has not begun anew: {failure}") from failure
    with context.queue.write() as connection:
        known, _ = workers.standing_for_update(connection, context.queue.lock_rows, row.id)
        if known != begun.incarnation:  # else it has told so itself by now
            began_anew(connection, row, begun.incarnation)
    return get(context, row.name)


def lost_campaigns(context: Context, worker: Worker) -> list[str]:
    """The keys of a worker's campaigns of which nobody knows what was sent."""
    with context.queue.read() as connection:
        found = remote_campaigns.open_ones(connection, worker.row.id)
        return [campaigns.get(connection, one.campaign_id).key for one in found if one.status == remote_campaigns.LOST]
