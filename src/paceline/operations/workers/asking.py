"""How this installation asks one of its workers: with each key that holds, the newest first."""

from __future__ import annotations

import threading

from paceline.clock import SteadyClock
from paceline.operations.context import QueueContext
from paceline.outbound.address_guard import AddressGuard
from paceline.remote.address import PeerAddress
from paceline.remote.calls import Peer
from paceline.remote.signing import PeerKeys
from paceline.remote.worker_client import WorkerClient
from paceline.settings import Settings
from paceline.store.queue import workers
from paceline.store.queue.workers import WorkerRow
from paceline.store.secrets import SecretBox


def peers_of(
    settings: Settings, box: SecretBox, clock: SteadyClock, row: WorkerRow, *, timeout_seconds: float
) -> list[Peer]:
    """A worker with each key that holds, the newest first. Raises InputError for a file of authorities that is gone."""
    secrets = workers.secrets_of(box, row, now=clock.now())
    guard = AddressGuard.from_setting(settings.private_hosts) if row.guarded else None
    address = PeerAddress(url=row.url, ca_file=row.ca_file, guard=guard)
    pairs = [(secrets.key, secrets.signing), (secrets.former_key, secrets.former_signing)]
    return [
        Peer(
            address,
            PeerKeys((key,), (signing,) if signing else ()),
            timeout_seconds=timeout_seconds,
            now=clock.now,
        )
        for key, signing in pairs
        if key
    ]


def worker_client(
    context: QueueContext, row: WorkerRow, over: threading.Event, *, retries: int | None = None
) -> WorkerClient:
    """A worker as it is given orders; ``over`` ends the pauses between attempts. ``retries`` None: as often as is set."""
    settings = context.settings
    timeout = settings.worker_timeout_seconds
    return WorkerClient(
        row.name,
        peers_of(settings, context.box, context.clock, row, timeout_seconds=timeout),
        retries=settings.worker_retries if retries is None else retries,
        retry_delay_seconds=settings.worker_retry_delay_seconds,
        rest=over.wait,
    )
