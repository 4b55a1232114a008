"""The controller's loop that carries unsubscribes to its workers: whoever leaves here must get nothing from there."""

from __future__ import annotations

import json
from collections.abc import Callable

from paceline.remote.protocol import SuppressedAddress
from paceline.remote.worker_client import WorkerClient
from paceline.store.database import Database
from paceline.store.queue import remote_campaigns, suppressions, workers
from paceline.store.queue.workers import WorkerRow

_AT_ONCE = 1000
_OVERLAP_SECONDS = 600.0  # one may be committed later than its moment, by a sender without its database


class SuppressionCourier:
    """Carries what is new to one worker, and a little of what is old; told twice it changes nothing."""

    def __init__(self, queue: Database, worker: WorkerRow, client: WorkerClient, *, now: Callable[[], float]) -> None:
        self._queue = queue
        self._worker = worker
        self._client = client
        self._now = now
        self._told: dict[tuple[str, str], float] = {}

    def step(self) -> bool:
        """Carry up to a thousand; True when there may be more. Raises PeerFailed, with nothing forgotten."""
        with self._queue.read() as connection:
            worker = workers.get(connection, self._worker.id)
            if worker is None or not any(
                c.closed_at is None for c in remote_campaigns.open_ones(connection, worker.id)
            ):
                return False
            at, address = workers.read_cursor(worker.suppressions_cursor)
            if at == 0.0:
                at = self._beginning(worker)
            found = suppressions.since(
                connection, workspace_id=worker.workspace_id, at=at, address=address, limit=_AT_ONCE
            )
        new = [one for one in found if self._told.get((one.channel, one.address)) != one.created_at]
        if new:
            self._client.suppress(
                [
                    SuppressedAddress(
                        channel="whatsapp" if one.channel == "whatsapp" else "email",
                        address=one.address,
                        reason=one.reason[:500],
                        expires_at=one.expires_at,
                    )
                    for one in new
                ]
            )
        self._told.update({(one.channel, one.address): one.created_at for one in new})
        self._move_on(at, address, found)
        return len(found) == _AT_ONCE

    def _move_on(self, at: float, address: str, found: list[suppressions.Fresh]) -> None:
        """Behind what was carried, but never closer to the present than what may still be committed."""
        latest = (found[-1].created_at, found[-1].address) if found else (at, address)
        if len(found) < _AT_ONCE:
            latest = min(latest, (self._now() - _OVERLAP_SECONDS, ""))
        if latest > (at, address):
            with self._queue.write() as connection:
                workers.set_suppressions_cursor(connection, self._worker.id, json.dumps(latest))
            self._told = {key: told for key, told in self._told.items() if told >= latest[0]}

    def _beginning(self, worker: WorkerRow) -> float:
        """Recipients are looked up when they are handed over, so what is older than the worker need not be carried."""
        return worker.created_at - _OVERLAP_SECONDS
