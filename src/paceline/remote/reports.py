"""At the controller: what its workers tell is taken, once, in short transactions; the acknowledgement goes with the last.

Killed in between, the whole batch comes again and changes nothing of what is on record already.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.domain.campaign import ACTIVE, CampaignMove, CampaignStatus
from paceline.domain.fact import Doer, Fact, FactKind
from paceline.domain.wording import counted
from paceline.remote.protocol import Acknowledgement, BatchUpdate, CampaignReport, Event
from paceline.store.database import Database
from paceline.store.public_ids import IdKind, PublicIds
from paceline.store.queue import (
    campaigns,
    facts,
    links,
    remote_campaigns,
    remote_messages,
    remote_outcomes,
    suppressions,
    worker_errands,
    workers,
)
from paceline.store.queue.facts import SentMessage
from paceline.store.queue.remote_campaigns import RemoteCampaign
from paceline.store.queue.remote_outcomes import Told
from paceline.store.queue.workers import Heard, WorkerRow

_log = logging.getLogger("paceline.remote")

_Item = TypeVar("_Item")

_CHUNK = 500
_UNSUBSCRIBED = "unsubscribed"
_SUPPRESSING = {FactKind.UNSUBSCRIBED: _UNSUBSCRIBED, FactKind.COMPLAINED: "complaint"}


class Reports:
    """Takes what the workers of one installation tell. Safe to use from several threads."""

    def __init__(self, queue: Database, ids: PublicIds, *, now: Callable[[], float], batch_size: int) -> None:
        """``batch_size`` is announced to workers: what they may send at once."""
        self._queue = queue
        self._ids = ids
        self._now = now
        self._batch_size = batch_size

    def take_batch(self, worker: WorkerRow, batch: BatchUpdate) -> Acknowledgement:
        """Apply a batch, or say how the two ledgers do not fit. A second call changes nothing."""
        now = self._now()
        with self._queue.write() as connection:
            workers.note_report(connection, worker.id, self._heard(batch, now))
            refusal = self._fit(connection, worker, batch)
        if refusal is not None:
            return refusal
        for some in _parts([event for event in batch.events if event.type == "message"]):
            with self._queue.write() as connection:
                self._messages(connection, worker, some)
        for some in _parts([event for event in batch.events if event.type in ("fact", "suppression")]):
            with self._queue.write() as connection:
                self._facts(connection, worker, [event for event in some if event.type == "fact"])
                self._suppressions(connection, worker, [event for event in some if event.type == "suppression"])
        with self._queue.write() as connection:
            _, acknowledged = workers.standing_for_update(connection, self._queue.lock_rows, worker.id)
            for event in batch.events:
                if event.type == "campaign":
                    self._campaign(connection, worker, event)
            for account in batch.accounts:
                workers.mirror_account(
                    connection,
                    worker.id,
                    identity=account.identity,
                    state=account.state,
                    reason=account.reason,
                    until_at=account.until_at,
                )
            upto = max(acknowledged, batch.upto)
            workers.set_standing(connection, worker.id, incarnation=batch.incarnation, acknowledged=upto)
            again = self._incomplete(connection, worker) if not batch.worker.backlog else []
        return Acknowledgement(success=True, acknowledged=upto, batch_size=self._batch_size, tell_again=again)

    def take_event(self, worker: WorkerRow, event: Event) -> bool:
        """Apply one event by itself; False when it was known, or is about nothing of this worker's."""
        with self._queue.write() as connection:
            if event.type == "message":
                return bool(self._messages(connection, worker, [event]))
            if event.type == "fact":
                return bool(self._facts(connection, worker, [event]))
            if event.type == "suppression":
                return bool(self._suppressions(connection, worker, [event]))
            return self._campaign(connection, worker, event)

    def take_status(self, worker: WorkerRow, report: CampaignReport) -> bool:
        """How a campaign stands, by itself; False when that was known."""
        status = report.paused_by or {"sending": "running"}.get(report.status, report.status)
        event = Event(
            id=f"{report.incarnation}.status",
            type="campaign",
            campaign=report.id,
            state=status,
            reason=report.pause_reason,
            resumes_at=report.resumes_at,
            at=self._now(),
        )
        with self._queue.write() as connection:
            return self._campaign(connection, worker, event)

    # The parts.

    def _fit(self, connection: Connection, worker: WorkerRow, batch: BatchUpdate) -> Acknowledgement | None:
        """Whether the batch goes on where the last one ended; None when it does."""
        incarnation, acknowledged = workers.standing_for_update(connection, self._queue.lock_rows, worker.id)
        if incarnation != batch.incarnation:
            began_anew(connection, worker, batch.incarnation)
            acknowledged = 0
        error = detail = None
        if batch.last < acknowledged:
            error = "behind"
            detail = f"it has told {counted(acknowledged, 'event')} before, and now it knows of {batch.last}"
            remote_campaigns.trouble_of_all(connection, worker.id, f"{worker.name}: its database went back; {detail}")
            workers.note_halted(connection, worker.id, f"its database went back: {detail}")
        elif batch.after > acknowledged:
            error, detail = (
                "ahead",
                f"here only {acknowledged} of {counted(batch.after, 'event is', 'events are')} on record",
            )
        if error is None:
            return None
        _log.error("worker %s: %s", worker.name, detail)
        return Acknowledgement(
            success=False, acknowledged=acknowledged, batch_size=self._batch_size, error=error, detail=detail
        )

    def _heard(self, batch: BatchUpdate, now: float) -> Heard:
        pause = batch.worker.next_report_seconds
        return Heard(
            reported_at=now,
            next_report_at=None if pause is None else now + pause,
            backlog=batch.worker.backlog,
            breaker=batch.worker.breaker,
            version=batch.worker.version,
            clock_ahead_seconds=batch.worker.now - now,
        )

    def _messages(self, connection: Connection, worker: WorkerRow, events: Sequence[Event]) -> int:
        told = [
            Told(
                message_id=event.recipient,
                campaign_id=number,
                word=event.state or "",
                attempt=event.attempts,
                identity=event.account,
                reply=None if event.reply is None else event.reply[:2000],
                at=event.at,
            )
            for event in events
            if event.recipient is not None and (number := self._number(event.campaign)) is not None
        ]
        return remote_outcomes.apply(
            connection,
            self._queue,
            told,
            own_campaigns=remote_campaigns.of_worker(connection, worker.id),
            workspace_id=worker.workspace_id,
            now=self._now(),
        )

    def _facts(self, connection: Connection, worker: WorkerRow, events: Sequence[Event]) -> int:
        """Facts of messages of this worker's campaigns; unsubscribes and complaints suppress at once."""
        own = remote_campaigns.of_worker(connection, worker.id)
        known = facts.sent_messages(connection, self._queue, [e.recipient for e in events if e.recipient is not None])
        found: list[Fact] = []
        for event in events:
            number, message = self._number(event.campaign), known.get(event.recipient or 0)
            kind = _word(FactKind, event.kind)
            if kind is None or message is None or number not in own or message.campaign_id != number:
                continue
            if kind is FactKind.CLICKED:
                self._keep_links(connection, number)
            found.append(_fact(event, kind, message))
            self._suppress_for(connection, kind, message, event)
        return len(facts.record(connection, self._queue, found, now=self._now()))

    def _suppress_for(self, connection: Connection, kind: FactKind, message: SentMessage, event: Event) -> None:
        workspace_id, channel, now = message.workspace_id, message.channel, self._now()
        if kind is FactKind.RESUBSCRIBED:
            found = suppressions.find(connection, message.address, workspace_id=workspace_id, channel=channel, now=now)
            if found is not None and found.reason == _UNSUBSCRIBED:
                suppressions.lift(connection, message.address, workspace_id=workspace_id, channel=channel)
            return
        hard = kind is FactKind.BOUNCED and event.rule == facts.HARD
        reason = "hard bounce" if hard else _SUPPRESSING.get(kind)
        if reason is not None:
            suppressions.suppress(
                connection,
                [message.address],
                workspace_id=workspace_id,
                channel=channel,
                reason=reason,
                source="worker",
                now=now,
            )

    def _keep_links(self, connection: Connection, campaign_id: int) -> None:
        """The links of a campaign that is clicked, so that clicks can be counted by link."""
        if links.of_campaign(connection, campaign_id):
            return
        campaign = campaigns.get(connection, campaign_id)
        if campaign.channel == "email":
            targets = EmailContent.from_json(json.loads(campaign.content)).link_targets()
            links.save(connection, self._queue, campaign_id, targets)

    def _suppressions(self, connection: Connection, worker: WorkerRow, events: Sequence[Event]) -> int:
        added = 0
        for event in events:
            if event.address:
                added += suppressions.suppress(
                    connection,
                    [event.address[:320]],
                    workspace_id=worker.workspace_id,
                    channel=event.channel or "email",
                    reason=(event.reason or "suppressed at a worker")[:500],
                    source=(event.detail or "worker")[:100],
                    now=self._now(),
                    expires_at=event.expires_at,
                )
        return added

    def _campaign(self, connection: Connection, worker: WorkerRow, event: Event) -> bool:
        """A campaign stands otherwise at the worker: what a person must know of is so here as well."""
        number = self._number(event.campaign)
        known = None if number is None else remote_campaigns.get(connection, number)
        status = _word(CampaignStatus, event.state)
        if (
            number is None
            or known is None
            or known.worker_id != worker.id
            or status is None
            or known.closed_at is not None
        ):
            return False
        return note_status(connection, worker, known, status, reason=event.reason, now=self._now())

    def _incomplete(self, connection: Connection, worker: WorkerRow) -> list[str]:
        """Campaigns that have ended at the worker, which has told everything, and still not here: they are told again."""
        return [
            self._ids.encode(IdKind.CAMPAIGN, one.campaign_id)
            for one in remote_campaigns.open_ones(connection, worker.id)
            if one.status in ("completed", "stopped")
            and one.closed_at is None
            and remote_messages.at_the_worker(connection, one.campaign_id)
        ]

    def _number(self, public_id: str | None) -> int | None:
        return None if public_id is None else self._ids.decode(IdKind.CAMPAIGN, public_id)


def note_status(
    connection: Connection,
    worker: WorkerRow,
    known: RemoteCampaign,
    status: CampaignStatus,
    *,
    reason: str | None,
    now: float,
) -> bool:
    """A campaign stands so at its worker: what a person must know of is so here as well. False when that was known.

    What was not known was no order of this end, for the answer to an order is noted with it.
    """
    is_news = known.status != status
    values = {"status": str(status), "pause_reason": reason, "seen_at": now, "trouble": None, "next_try_at": 0.0}
    remote_campaigns.update(connection, known.campaign_id, **values)
    here = campaigns.get(connection, known.campaign_id).status
    if is_news and known.started_at is not None and not known.taking_home and here in ACTIVE:
        move = _MIRRORED.get(status)
        if move is not None:
            why = f"{worker.name}: {reason or 'no reason was given'}"
            campaigns.move(connection, known.campaign_id, move, now=now, reason=why)
    return is_news


_MIRRORED = {
    CampaignStatus.PAUSED_HEALTH: CampaignMove.ALARM,
    CampaignStatus.PAUSED: CampaignMove.PAUSE,
    CampaignStatus.STOPPED: CampaignMove.STOP,
}


def began_anew(connection: Connection, worker: WorkerRow, incarnation: str) -> None:
    """The worker has another database than before: what had started there is lost, the rest is given to it again."""
    if worker.incarnation is not None:
        _log.error("worker %s has begun anew with another database", worker.name)
        remote_campaigns.lose(connection, worker.id, f"{worker.name} has begun anew: what it had sent is not known")
    workers.begin_anew(connection, worker.id, incarnation)
    worker_errands.tell_again(connection, worker.id)


def _fact(event: Event, kind: FactKind, message: SentMessage) -> Fact:
    return Fact(
        message_id=message.id,
        campaign_id=message.campaign_id,
        kind=kind,
        key=event.id,
        at=event.at,
        doer=_word(Doer, event.doer),
        rule=event.rule,
        link=event.link,
        detail=None if event.detail is None else event.detail[:500],
    )


_Word = TypeVar("_Word", FactKind, Doer, CampaignStatus)


def _word(kind: type[_Word], word: str | None) -> _Word | None:
    """A word of ours; None for one that we do not know, which a newer worker may use."""
    try:
        return None if word is None else kind(word)
    except ValueError:
        return None


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
