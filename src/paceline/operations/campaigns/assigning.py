"""Which machine sends a campaign: this installation, or one of its remote workers; and how a campaign comes home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import ACTIVE
from paceline.domain.errors import InputError, Problem
from paceline.domain.message import MessageState
from paceline.operations.context import Context, NotFound, NotPossible
from paceline.operations.ids import number_of, unknown
from paceline.operations.workers.workers import row_of as worker_row
from paceline.store.public_ids import IdKind
from paceline.store.queue import campaigns, remote_campaigns, remote_messages, worker_errands


def chosen_worker(context: Context, values: Mapping[str, Any]) -> int | None:
    """The number of the worker that is named, by name or id. Raises InputError naming the field."""
    given = values.get("worker")
    if given is None:
        return None
    try:
        return worker_row(context, given).id
    except NotFound as error:
        raise InputError([Problem(file="", field="worker", message=str(error))]) from None


def assign(
    connection: Connection, campaign_id: int, values: Mapping[str, Any], worker_id: int | None, *, now: float
) -> None:
    """Let the named worker send a draft, if one is named or taken back; and tell it of whatever else has changed."""
    known = remote_campaigns.get(connection, campaign_id)
    if "worker" in values or ("worker_fallback" in values and known is not None):
        wanted = worker_id if "worker" in values else known.worker_id if known is not None else None
        fallback = values.get("worker_fallback")
        falls_back = (known is None or known.falls_back) if fallback is None else bool(fallback)
        remote_campaigns.assign(connection, campaign_id, wanted, falls_back=falls_back, now=now)
    remote_campaigns.raise_revision(connection, campaign_id)


def assigned(context: Context, connection: Connection, campaign_id: int) -> tuple[str | None, bool]:
    """The public id of the worker that a campaign is assigned to, and whether this installation sends it instead if need be."""
    known = remote_campaigns.get(connection, campaign_id)
    if known is None:
        return None, True
    return context.ids.encode(IdKind.WORKER, known.worker_id), known.falls_back


def take_home(context: Context, campaign_id: str, *, abandon: bool) -> None:
    """Let this installation go on with a campaign of a worker: as soon as the worker has given back what it has not sent.

    ``abandon``: do not wait for it. What it may have sent becomes uncertain, and a person decides it. Raises NotFound,
    NotPossible for a campaign that is at no worker.
    """
    number = number_of(context, IdKind.CAMPAIGN, campaign_id)
    now = context.clock.now()
    with context.queue.write() as connection:
        campaign = campaigns.numbered(connection, number, workspace_id=context.workspace_id)
        if campaign is None:
            raise unknown(IdKind.CAMPAIGN, campaign_id)
        known = remote_campaigns.get(connection, number)
        if known is None or known.closed_at is not None:
            raise NotPossible("this campaign is at no worker")
        if campaign.status not in ACTIVE and not abandon:
            raise NotPossible(f"{campaign.key} is {campaign.status}: there is nothing to take home")
        remote_campaigns.update(connection, number, taking_home=1, next_try_at=0.0)
    if abandon:
        reason = "its worker was given up: whether it was sent is not known"
        remote_messages.give_up(context.queue, number, MessageState.UNCERTAIN, reason=reason, now=now)
        with context.queue.write() as connection:
            remote_campaigns.update(connection, number, closed_at=now, discard=1, trouble=None)
            worker_errands.settle_campaign(connection, context.queue, number, now=now)
            remote_campaigns.return_accounts(connection, known.worker_id)
