"""The controller's webhooks (row E2): what its remote workers tell. Each event is taken once, however often it comes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from paceline.api.routing import Access, Routes
from paceline.domain.fact import FactKind
from paceline.remote.protocol import (
    LARGEST_BODY_BYTES,
    Acknowledgement,
    BatchUpdate,
    CampaignUpdate,
    Event,
    SingleEvent,
    Taken,
)
from paceline.remote.reports import Reports
from paceline.store.queue.workers import WorkerRow

routes = Routes(tag="worker reports", prefix="/api/tracking")


def _reports(request: Request) -> Reports:
    reports: Reports = request.app.state.reports
    return reports


def _worker(request: Request) -> WorkerRow:
    worker: WorkerRow = request.state.peer.worker
    return worker


Books = Annotated[Reports, Depends(_reports)]
Worker = Annotated[WorkerRow, Depends(_worker)]


@routes.post("/batch-update", permission=Access.PEER, body_limit_bytes=LARGEST_BODY_BYTES)
def take_batch_update(reports: Books, worker: Worker, batch: BatchUpdate) -> Acknowledgement:
    """Events of all campaigns of a worker: outcomes, statuses, opens, clicks, unsubscribes, bounces, complaints."""
    return reports.take_batch(worker, batch)


@routes.post("/update", permission=Access.PEER)
def take_update(reports: Books, worker: Worker, update: SingleEvent) -> Taken:
    """One open or click, or any other single event."""
    return Taken(new=reports.take_event(worker, update.event))


@routes.post("/campaign/status", permission=Access.PEER)
def take_campaign_status(reports: Books, worker: Worker, update: CampaignUpdate) -> Taken:
    """How one campaign stands at the worker."""
    return Taken(new=reports.take_status(worker, update.report))


@routes.post("/contacts/unsubscribe", permission=Access.PEER)
def take_unsubscribe(reports: Books, worker: Worker, update: SingleEvent) -> Taken:
    """Somebody unsubscribed: suppressed at once."""
    return Taken(new=reports.take_event(worker, _as(update.event, FactKind.UNSUBSCRIBED)))


@routes.post("/contacts/bounce", permission=Access.PEER)
def take_bounce(reports: Books, worker: Worker, update: SingleEvent) -> Taken:
    """A message came back; with the rule `hard` its address is suppressed."""
    return Taken(new=reports.take_event(worker, _as(update.event, FactKind.BOUNCED)))


@routes.post("/contacts/complaint", permission=Access.PEER)
def take_complaint(reports: Books, worker: Worker, update: SingleEvent) -> Taken:
    """Somebody called it spam: suppressed at once."""
    return Taken(new=reports.take_event(worker, _as(update.event, FactKind.COMPLAINED)))


def _as(event: Event, kind: FactKind) -> Event:
    """The path says what it is."""
    return event.model_copy(update={"type": "fact", "kind": kind.value})
