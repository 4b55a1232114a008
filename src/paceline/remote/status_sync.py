"""The controller's loop for one of its workers: what is wished here is ordered there, and what differs is resolved.

It exists because either end may have been away. The worker's ledger is right about messages, the controller's wish about
start and stop. Each step looks at what is on record, so a step that was cut off is simply done again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from paceline.domain.campaign import ACTIVE, ENDED, CampaignStatus
from paceline.domain.message import MessageState
from paceline.domain.tokens import Tokens
from paceline.remote import handover
from paceline.remote.baggage import NothingToHandOver, Packing
from paceline.remote.calls import PeerFailed
from paceline.remote.protocol import CampaignReport
from paceline.remote.reports import began_anew, note_status
from paceline.remote.worker_client import WorkerClient
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import campaigns, remote_campaigns, remote_messages, worker_errands, workers
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.remote_campaigns import LOST, RemoteCampaign
from paceline.store.queue.workers import WorkerRow
from paceline.store.secrets import SecretBox

_log = logging.getLogger("paceline.remote")

_TRY_AGAIN_SECONDS = 5.0
_LONGEST_TRY_SECONDS = 60.0
_ASK_EVERY_SECONDS = 60.0
_PARTS_AT_ONCE = 20
_WISHED_TO_RUN = (CampaignStatus.RUNNING, CampaignStatus.PAUSED_LIMITS)
_HELD = (CampaignStatus.PAUSED, CampaignStatus.PAUSED_HEALTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeParts:
    """What the care of a worker needs of its controller."""

    queue: Database
    box: SecretBox
    ids: PublicIds
    tokens: Tokens
    now: Callable[[], float]
    scale: float
    """Shortens every interval, for tests."""

    @property
    def packing(self) -> Packing:
        """What is needed to hand a campaign over."""
        return Packing(queue=self.queue, box=self.box, ids=self.ids, tokens=self.tokens)


class StatusSync:
    """The campaigns of one worker, brought forward step by step; what it remembers can be lost at any time."""

    def __init__(self, parts: HomeParts, worker: WorkerRow, client: WorkerClient) -> None:
        self._parts = parts
        self._queue = parts.queue
        self._worker = worker
        self._client = client
        self._keys_told: dict[int, list[str]] = {}
        """Campaign -> the selectors that sign for it, as the worker was told."""

    def step(self) -> bool:
        """Do what is due for every campaign of this worker; True when something was done and more may follow at once."""
        now = self._parts.now()
        with self._queue.read() as connection:
            found = remote_campaigns.open_ones(connection, self._worker.id)
            rows = {one.campaign_id: campaigns.get(connection, one.campaign_id) for one in found}
        moved = False
        for remote in found:
            if remote.next_try_at > now:
                continue
            try:
                moved |= self._bring_forward(remote, rows[remote.campaign_id])
            except PeerFailed as failure:
                self._failed(remote, rows[remote.campaign_id], failure)
            except NothingToHandOver as reason:
                at = now + _LONGEST_TRY_SECONDS * self._parts.scale
                self._set(remote, trouble=str(reason)[:500], next_try_at=at)
        return moved

    def _bring_forward(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """One step of one campaign, the first that is due."""
        if remote.closed_at is not None:
            return self._discard(remote)
        if remote.status == LOST:
            return False
        if campaign.status in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED):
            return self._prepare(remote, campaign)
        if campaign.status in ENDED:
            return self._end(remote, campaign)
        if remote.taking_home:
            return self._take_home(remote, campaign)
        if remote.start_written_at is None or remote.handed_at is None:
            return self._hand_over(remote, campaign)
        if remote.started_at is None:
            return self._start(remote, campaign)
        return self._agree(remote, campaign)

    # Before the start.

    def _prepare(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """A draft or a scheduled campaign: the worker is told what it is, and when it starts; nobody is named yet."""
        if remote.initialized >= remote.revision:
            return False
        order = handover.order_to_prepare(self._parts.packing, remote, campaign)
        try:
            self._note(self._client.initialize(self._id(remote), order), remote)
        except PeerFailed as failure:
            if failure.status != 409 or remote.cursor:
                raise
            # A former revision has started there by itself, with nobody to write to.
            self._client.discard(self._id(remote))
            self._set(remote, next_try_at=self._parts.now() + _TRY_AGAIN_SECONDS * self._parts.scale)
            return False
        self._set(remote, initialized=remote.revision, trouble=None)
        return True

    def _hand_over(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """Lend the accounts, then the recipients part by part, then say start."""
        waiting = handover.what_keeps_accounts(self._queue, remote)
        if waiting:
            self._set(remote, trouble=f"waits for {', '.join(waiting[:5])}: still in use elsewhere")
            return False
        if remote.handed_at is not None:
            return self._start(remote, campaign)
        if not handover.has_something(self._queue, remote, campaign):
            return False  # the launch has not come so far
        if remote.initialized < remote.revision or remote.cursor == 0:
            order = handover.order_with_accounts(self._parts.packing, remote, campaign, now=self._parts.now())
            report = self._client.initialize(self._id(remote), order)
            self._set(remote, initialized=remote.revision, trouble=None)
        else:
            found = self._still_there(remote)
            if found is None:
                return True
            report = found
        self._note(report, remote)
        if report.status != "draft" and remote.start_written_at is None:
            # It was registered with its moment and starts by itself: whatever it is given from here on it may send.
            self._set(remote, start_written_at=self._parts.now())
        for _ in range(_PARTS_AT_ONCE):
            if self._is_gone(remote, report):
                return True
            part = handover.next_part(self._parts.packing, remote, campaign, report, now=self._parts.now())
            if part is None:
                return True
            order = handover.order_of(remote, campaign).model_copy(update={"part": part})
            report = self._client.initialize(self._id(remote), order)
            if report.complete:
                self._note(report, remote)
                self._set(remote, handed_at=self._parts.now())
                return True
        return True

    def _still_there(self, remote: RemoteCampaign) -> CampaignReport | None:
        """How it stands there; None when the worker does not know it any more and is given all of it again."""
        try:
            return self._client.status(self._id(remote))
        except PeerFailed as failure:
            if failure.status != 404 or remote.start_written_at is not None:
                raise
            self._set(remote, initialized=0)
            return None

    def _is_gone(self, remote: RemoteCampaign, report: CampaignReport) -> bool:
        """Whether the worker has another database than at the beginning: then nothing more is given to it in this step."""
        with self._queue.read() as connection:
            worker = workers.get(connection, self._worker.id)
        return worker is None or worker.incarnation != report.incarnation

    def _start(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """Say start. From the moment this is written it counts as started, whether the answer comes or not."""
        if campaign.status not in _WISHED_TO_RUN:
            return False
        if remote.start_written_at is None:
            self._set(remote, start_written_at=self._parts.now())
        self._note(self._client.start(self._id(remote), remote.revision), remote)
        self._set(remote, started_at=self._parts.now(), trouble=None)
        return True

    # While it is under way.

    def _agree(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """The wish of this end and the state of the other are compared; now and then the other is asked."""
        now = self._parts.now()
        held_there = remote.status in _HELD
        self._tell_keys(remote, campaign)
        if campaign.status in _HELD and remote.status in _WISHED_TO_RUN:
            report = self._client.pause(self._id(remote), campaign.pause_reason or "held at home")
        elif campaign.status in _WISHED_TO_RUN and held_there:
            report = self._client.resume(self._id(remote))
        elif now - (remote.seen_at or 0.0) > _ASK_EVERY_SECONDS * self._parts.scale:
            report = self._client.status(self._id(remote))
        else:
            return False
        self._note(report, remote)
        return False

    def _tell_keys(self, remote: RemoteCampaign, campaign: CampaignRow) -> None:
        """Keys that sign may be replaced while a campaign is under way, for days if need be."""
        if remote.seen_at is not None and self._parts.now() - remote.seen_at < _ASK_EVERY_SECONDS * self._parts.scale:
            return
        try:
            order = handover.order_with_keys(self._parts.packing, remote, campaign)
        except NothingToHandOver:  # it goes on with the keys that it has, and can be paused
            return
        selectors = [f"{key.selector}._domainkey.{key.domain}" for key in order.signing_keys or []]
        if self._keys_told.get(campaign.id) != selectors:
            self._client.initialize(self._id(remote), order)
            self._keys_told[campaign.id] = selectors

    def _end(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """Stopped or completed here: the worker stops as well, and the accounts return when nothing is there any more."""
        if (
            campaign.status is CampaignStatus.STOPPED
            and remote.initialized
            and remote.status not in ("stopped", "completed")
        ):
            self._note(self._client.stop(self._id(remote), release=False), remote)
            return True
        with self._queue.read() as connection:
            left = remote_messages.at_the_worker(connection, remote.campaign_id)
        if left and not remote.start_written_at:
            remote_messages.give_up(
                self._queue, remote.campaign_id, MessageState.CANCELLED, reason=None, now=self._parts.now()
            )
        elif left:
            return False
        self._close(remote, discard=False)
        return True

    def _take_home(self, remote: RemoteCampaign, campaign: CampaignRow) -> bool:
        """Back to this installation: only what the worker has durably given back is sent from here."""
        if not remote.start_written_at:
            self._give_back_unsent(remote)
            return True
        if remote.status not in ("stopped", "completed"):
            self._note(self._client.stop(self._id(remote), release=True), remote)
            return True
        with self._queue.read() as connection:
            left = remote_messages.held_by_the_worker(connection, remote.campaign_id)
        if left:
            return False
        self._close(remote, discard=False)
        return True

    def _discard(self, remote: RemoteCampaign) -> bool:
        """The worker is to forget what it was prepared for and never started."""
        if self._client.discard(self._id(remote)):
            self._set(remote, discard=0)
        else:
            self._set(remote, next_try_at=self._parts.now() + _TRY_AGAIN_SECONDS * self._parts.scale)
        return False

    # What went wrong.

    def _failed(self, seen: RemoteCampaign, campaign: CampaignRow, failure: PeerFailed) -> None:
        """Keep why; a campaign that cannot have started there is sent from here instead, if it may be.

        Looks at what is on record by now: the step that failed may just have written that it says start.
        """
        with self._queue.write() as connection:
            before = workers.note_failure(connection, self._worker.id, str(failure))
            remote = remote_campaigns.get(connection, seen.campaign_id)
        if remote is None:
            return
        if failure.status == 404 and remote.closed_at is not None:
            self._set(remote, discard=0)
            return
        unreachable = not failure.is_refusal
        safe = remote.start_written_at is None and remote.closed_at is None
        if unreachable and safe and remote.falls_back and campaign.status in ACTIVE:
            _log.warning("campaign %s is sent from here: %s cannot be reached", campaign.key, self._worker.name)
            self._give_back_unsent(remote)
            return
        pause = min(_TRY_AGAIN_SECONDS * 2.0 ** min(before, 5), _LONGEST_TRY_SECONDS)
        at = self._parts.now() + pause * self._parts.scale
        self._set(remote, trouble=f"{self._worker.name}: {failure}"[:500], next_try_at=at)

    def _give_back_unsent(self, remote: RemoteCampaign) -> None:
        """Nothing of it was started there, so all of it may be sent from here; the worker is told to forget it."""
        remote_messages.give_up(
            self._queue, remote.campaign_id, MessageState.QUEUED, reason=None, now=self._parts.now()
        )
        self._close(remote, discard=True)

    def _close(self, remote: RemoteCampaign, *, discard: bool) -> None:
        with self._queue.write() as connection:
            now = self._parts.now()
            remote_campaigns.update(
                connection, remote.campaign_id, closed_at=now, discard=int(discard), trouble=None, next_try_at=0.0
            )
            worker_errands.settle_campaign(connection, self._queue, remote.campaign_id, now=now)
            remote_campaigns.return_accounts(connection, self._worker.id)

    # The parts.

    def _note(self, report: CampaignReport, remote: RemoteCampaign) -> None:
        """What an answer says: the worker is there, which database it has, and how the campaign stands."""
        word = report.paused_by or {"sending": "running", "processing": "running"}.get(report.status, report.status)
        now = self._parts.now()
        with self._queue.write() as connection:
            workers.note_answer(connection, self._worker.id, now=now)
            incarnation, _ = workers.standing_for_update(connection, self._queue.lock_rows, self._worker.id)
            if incarnation != report.incarnation:
                began_anew(connection, self._worker, report.incarnation)
                if incarnation is not None:
                    return
            known = remote_campaigns.get(connection, remote.campaign_id)
            if known is not None:
                reason = report.pause_reason
                note_status(connection, self._worker, known, CampaignStatus(word), reason=reason, now=now)

    def _set(self, remote: RemoteCampaign, **values: object) -> None:
        with self._queue.write() as connection:
            remote_campaigns.update(connection, remote.campaign_id, **values)

    def _id(self, remote: RemoteCampaign) -> str:
        return self._parts.ids.encode(IdKind.CAMPAIGN, remote.campaign_id)
