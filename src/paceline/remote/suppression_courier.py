"""The controller's loop that tells a worker who is to get nothing: whoever leaves here must get nothing from there.

Suppressions are read where they stand, in the order of their making; what is no suppression (lifted ones, opt-outs from
lists, erasures, drafts that are not for it any more) waits as an errand. Told twice nothing changes, so nothing is forgotten before the worker has taken it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection

from paceline.remote.calls import PeerFailed
from paceline.remote.protocol import (
    ErasedAddress,
    LiftedAddress,
    SuppressedAddress,
    Suppressions,
    SuppressionsTaken,
    WithheldRecipient,
)
from paceline.remote.worker_client import WorkerClient
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import remote_campaigns, suppressions, worker_errands, workers
from paceline.store.queue.suppressions import Fresh
from paceline.store.queue.worker_errands import DISCARD, ERASE, LIFT, WITHHOLD, Errand
from paceline.store.queue.workers import WorkerRow

_AT_ONCE = 1000
_OVERLAP_SECONDS = 600.0  # one may be committed later than its moment, by a sender without its database
_MISSING_AGAIN_SECONDS = 5.0
_UNKNOWN_AGAIN_SECONDS = 600.0

_log = logging.getLogger("paceline.remote")


@dataclass(slots=True, kw_only=True)
class _Load:
    """What is carried at once, and where the suppressions among it were left."""

    errands: list[Errand]
    discards: list[Errand]
    lifts: list[Errand] = field(default_factory=list)
    """Without those whose address was suppressed anew since."""
    begin: tuple[float, str] = (0.0, "")
    found: list[Fresh] = field(default_factory=list)
    new: list[Fresh] = field(default_factory=list)


class SuppressionCourier:
    """Carries what is new to one worker, and a little of what is old."""

    def __init__(
        self, queue: Database, worker: WorkerRow, client: WorkerClient, *, ids: PublicIds, now: Callable[[], float]
    ) -> None:
        self._queue = queue
        self._worker = worker
        self._client = client
        self._ids = ids
        self._now = now
        self._told: dict[tuple[str, str], float] = {}
        self._later: dict[int, float] = {}
        """Errand -> when it is told again: the worker has not got so far yet, or knows of no such errands."""

    def step(self) -> bool:
        """Carry up to a thousand of each; True when there may be more. Raises PeerFailed, with nothing forgotten."""
        with self._queue.read() as connection:
            worker = workers.get(connection, self._worker.id)
            if worker is None:
                return False
            load = self._load(connection, worker)
        taken = self._client.suppress(self._words(load)) if load.new or load.errands else None
        self._told.update({(one.channel, one.address): one.created_at for one in load.new})
        self._move_on(load, worker.incarnation)
        if taken is not None and load.errands:
            self._settle(load, taken)
        for errand in load.discards:
            self._discard(errand)
        return len(load.found) == _AT_ONCE or len(load.errands) + len(load.discards) == _AT_ONCE

    def _load(self, connection: Connection, worker: WorkerRow) -> _Load:
        """What a worker is to hear now. One without open campaigns needs no suppressions until it has one."""
        due = self._due(connection, worker.id)
        load = _Load(
            errands=[one for one in due if one.kind != DISCARD],
            discards=[one for one in due if one.kind == DISCARD],
        )
        load.lifts = self._still_lifted(connection, worker, [one for one in load.errands if one.kind == LIFT])
        if any(one.closed_at is None for one in remote_campaigns.open_ones(connection, worker.id)):
            at, address = workers.read_cursor(worker.suppressions_cursor)
            load.begin = (at or self._beginning(worker), address)
            load.found = suppressions.since(
                connection, workspace_id=worker.workspace_id, at=load.begin[0], address=address, limit=_AT_ONCE
            )
            load.new = [one for one in load.found if self._told.get((one.channel, one.address)) != one.created_at]
        return load

    def _due(self, connection: Connection, worker_id: int) -> list[Errand]:
        """The oldest errands that are not for later, and so many as are carried at once."""
        now, after = self._now(), 0
        due: list[Errand] = []
        while len(due) < _AT_ONCE:
            page = worker_errands.untold(connection, worker_id, after=after, limit=_AT_ONCE)
            due += [one for one in page if self._later.get(one.id, now) <= now]
            if len(page) < _AT_ONCE:
                break
            after = page[-1].id
        return due[:_AT_ONCE]

    def _still_lifted(self, connection: Connection, worker: WorkerRow, lifts: Sequence[Errand]) -> list[Errand]:
        """Without those that were suppressed anew: the worker has the former suppression, and hears of the new one."""
        left: list[Errand] = []
        for channel in {one.channel for one in lifts}:
            some = [one for one in lifts if one.channel == channel]
            unwanted = suppressions.among(
                connection,
                self._queue,
                [one.address or "" for one in some],
                workspace_id=worker.workspace_id,
                channel=channel or "",
                now=self._now(),
            )
            left += [one for one in some if one.address not in unwanted]
        return left

    def _words(self, load: _Load) -> Suppressions:
        return Suppressions(
            suppressions=[
                SuppressedAddress(
                    channel=_channel(one.channel),
                    address=one.address,
                    reason=one.reason[:500],
                    at=one.created_at,
                    expires_at=one.expires_at,
                )
                for one in load.new
            ],
            lifted=[
                LiftedAddress(channel=_channel(one.channel), address=one.address or "", at=one.at) for one in load.lifts
            ],
            withheld=[
                WithheldRecipient(
                    campaign=self._ids.encode(IdKind.CAMPAIGN, one.campaign_id or 0),
                    recipient=one.message_id or 0,
                    reason=(one.reason or "")[:500],
                )
                for one in load.errands
                if one.kind == WITHHOLD
            ],
            erased=[ErasedAddress(address=one.address or "", at=one.at) for one in load.errands if one.kind == ERASE],
        )

    def _settle(self, load: _Load, taken: SuppressionsTaken) -> None:
        """Forget the errands that are done; what an older worker does not understand is not to hold up the others."""
        missing, now = set(taken.missing), self._now()
        known = {LIFT: taken.lifted, WITHHOLD: taken.withheld, ERASE: taken.erased}
        unknown = {one.id for one in load.errands if known[one.kind] is None}
        if unknown:
            _log.warning(
                "worker %s is older than this controller: %s of its errands (lifted suppressions, opt-outs from lists, "
                "erasures) wait until it is updated",
                self._worker.name,
                len(unknown),
            )
        late = {one.id for one in load.errands if one.kind == WITHHOLD and one.message_id in missing} - unknown
        with self._queue.write() as connection:
            done = [one.id for one in load.errands if one.id not in late | unknown]
            worker_errands.told(connection, self._queue, done, now=now)
            if late:
                worker_errands.forget_settled(connection, self._worker.id)
        self._later = {key: at for key, at in self._later.items() if at > now}
        self._later |= dict.fromkeys(late, now + _MISSING_AGAIN_SECONDS)
        self._later |= dict.fromkeys(unknown, now + _UNKNOWN_AGAIN_SECONDS)

    def _discard(self, errand: Errand) -> None:
        """Let the worker forget a campaign that it was prepared for; one that it will not forget yet waits."""
        try:
            is_gone = self._client.discard(self._ids.encode(IdKind.CAMPAIGN, errand.campaign_id or 0))
        except PeerFailed as failure:
            if not failure.is_refusal:
                raise
            is_gone = False
        if is_gone:
            with self._queue.write() as connection:
                worker_errands.told(connection, self._queue, [errand.id], now=self._now())
        else:
            self._later[errand.id] = self._now() + _MISSING_AGAIN_SECONDS

    def _move_on(self, load: _Load, incarnation: str | None) -> None:
        """Behind what was carried, but never closer to the present than what may still be committed."""
        if load.begin == (0.0, ""):
            return
        latest = (load.found[-1].created_at, load.found[-1].address) if load.found else load.begin
        if len(load.found) < _AT_ONCE:
            latest = min(latest, (self._now() - _OVERLAP_SECONDS, ""))
        if latest > load.begin:
            with self._queue.write() as connection:
                cursor = json.dumps(latest)
                workers.set_suppressions_cursor(connection, self._worker.id, cursor, incarnation=incarnation)
            self._told = {key: told for key, told in self._told.items() if told >= latest[0]}

    def _beginning(self, worker: WorkerRow) -> float:
        """Recipients are looked up when they are handed over, so what is older than the worker need not be carried."""
        return worker.created_at - _OVERLAP_SECONDS


def _channel(word: str | None) -> Literal["email", "whatsapp"]:
    return "whatsapp" if word == "whatsapp" else "email"
