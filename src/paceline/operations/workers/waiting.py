"""What a campaign at a remote worker waits for, in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paceline.domain.campaign import ACTIVE
from paceline.engine.explain.cause import Cause, at_words
from paceline.store.queue import remote_campaigns, workers
from paceline.store.queue.campaigns import CampaignRow
from paceline.store.queue.remote_campaigns import LOST, RemoteCampaign
from paceline.store.queue.workers import WorkerRow

_UTC = ZoneInfo("UTC")
_LATE_SECONDS = 30.0


def causes_of(connection: Connection, campaign: CampaignRow, *, has_background: bool, now: float) -> list[Cause]:
    """Why a campaign at a worker does not go on here, and which accounts of another one are lent to a worker.

    ``has_background``: whether a process runs that talks with workers.
    """
    known = remote_campaigns.get(connection, campaign.id)
    if campaign.status not in ACTIVE:
        return []
    if known is None or known.closed_at is not None:
        return [_lent(campaign, *pair) for pair in remote_campaigns.lent_accounts(connection, campaign.id)]
    worker = workers.get(connection, known.worker_id)
    if worker is None:
        return []
    cause, sentence, until = _words(campaign, known, worker, now)
    if not has_background and known.status != LOST:
        cause, until = "worker_needs_server", None
        sentence = f"the worker {worker.name} is to send it, and nobody here talks with workers: start `paceline serve`"
    return [Cause(campaign=campaign.key, account=None, cause=cause, sentence=sentence, until=until)]


def is_away(causes: list[Cause]) -> bool:
    """Whether these are of a campaign that a worker sends, and not of one whose accounts are elsewhere."""
    return any(cause.account is None for cause in causes)


def _lent(campaign: CampaignRow, account: str, worker: str) -> Cause:
    sentence = f"{account}: lent to the worker {worker}, which sends with it until its campaigns have ended"
    return Cause(campaign=campaign.key, account=account, cause="account_lent", sentence=sentence, until=None)


def _words(
    campaign: CampaignRow, known: RemoteCampaign, worker: WorkerRow, now: float
) -> tuple[str, str, float | None]:
    take_home = f"`paceline workers take-home {campaign.key}` lets this installation go on"
    if worker.halted is not None:
        return (
            "worker_halted",
            f"the worker {worker.name} has stopped everything: {worker.halted}; it would send again what it has forgotten. "
            f"`paceline workers clear-halt {worker.name}` lets it begin anew",
            None,
        )
    if known.status == LOST:
        return "worker_lost", f"{known.trouble}; `paceline workers take-home {campaign.key} --abandon` decides", None
    if known.taking_home:
        return "worker_returns", f"it comes home: waiting for what the worker {worker.name} gives back", None
    if known.started_at is None:
        what = f"; {known.trouble}" if known.trouble else ""
        if known.start_written_at is not None:
            return (
                "worker_start",
                f"the worker {worker.name} was told to start and has not answered{what}: it counts as started, so nothing "
                f"is sent from here; {take_home}",
                known.next_try_at or None,
            )
        return "worker_handover", f"it is being handed to the worker {worker.name}{what}", known.next_try_at or None
    next_at = worker.next_report_at
    if next_at is not None and now > next_at + _LATE_SECONDS:
        said = "never" if worker.reported_at is None else at_words(worker.reported_at, _UTC, now)
        unreachable = f" ({worker.failure})" if worker.failure else ""
        return (
            "worker_silent",
            f"the worker {worker.name} has been silent since {said}{unreachable}; what it may have sent is not sent from "
            f"here; {take_home}",
            None,
        )
    when = "" if next_at is None else f", next at {at_words(next_at, _UTC, now)}"
    return "worker_report", f"the worker {worker.name} sends it; waiting for the worker's report{when}", next_at
