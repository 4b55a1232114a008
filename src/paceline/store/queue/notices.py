"""Notices: what has happened to campaigns and accounts, written in the transaction of the change itself.

So each is there exactly once if the change is. Two readers: the notifier takes those that are not ``told`` yet, and the
live feed follows with a cursor. Subjects are the queue's own numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignKind, CampaignMove, CampaignStatus
from paceline.domain.event import EVENTS, SHORT_PAUSE_SECONDS
from paceline.domain.message import PUBLIC_STATES
from paceline.store.database import sql

_GAP_SECONDS = 15.0  # longer than a statement may take

_KINDS = {
    CampaignMove.SCHEDULE: "campaign.scheduled",
    CampaignMove.UNSCHEDULE: "campaign.unscheduled",
    CampaignMove.START: "campaign.started",
    CampaignMove.PAUSE: "campaign.paused",
    CampaignMove.RESUME: "campaign.resumed",
    CampaignMove.EXHAUST: "campaign.paused",
    CampaignMove.REPLENISH: "campaign.resumed",
    CampaignMove.ALARM: "campaign.paused",
    CampaignMove.STOP: "campaign.stopped",
    CampaignMove.COMPLETE: "campaign.completed",
    CampaignMove.REOPEN: "campaign.reopened",
}
_CAUSES = {
    CampaignStatus.PAUSED: "person",
    CampaignStatus.PAUSED_LIMITS: "limits",
    CampaignStatus.PAUSED_HEALTH: "health",
}
_DAILY = (CampaignMove.START, CampaignMove.COMPLETE, CampaignMove.REOPEN)
"""What test and single messages do all day long: nobody wants to hear of it."""
_COUNTED = ("sent", "failed", "skipped", "uncertain", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that has happened. ``subject_id`` is the campaign's or the account's number, as the kind says."""

    id: int
    workspace_id: int
    kind: str
    subject_id: int
    data: dict[str, Any]
    at: float


def status_since(connection: Connection, campaign_id: int) -> float | None:
    """When a campaign that pauses by limits began to; None for any other."""
    statement = "SELECT updated_at FROM campaigns WHERE id = :id AND status = 'paused_limits'"
    return connection.execute(sql(statement), {"id": campaign_id}).scalar_one_or_none()


def note_move(
    connection: Connection, campaign_id: int, what: CampaignMove, *, limited_since: float | None, now: float
) -> None:
    """A campaign has just made a move, in this transaction."""
    row: Any = connection.execute(
        sql("SELECT workspace_id, key, name, kind, status, pause_reason, resumes_at FROM campaigns WHERE id = :id"),
        {"id": campaign_id},
    ).one()
    if not CampaignKind(row.kind).is_listed and what in _DAILY:
        return
    data: dict[str, Any] = {"key": row.key, "name": row.name, "status": row.status}
    if row.status in _CAUSES:
        cause = _CAUSES[CampaignStatus(row.status)]
        data |= {"by": cause, "reason": row.pause_reason, "resumes_at": row.resumes_at}
    if what is CampaignMove.COMPLETE:
        data |= _counts(connection, campaign_id)
    short = (
        what is CampaignMove.EXHAUST and (row.resumes_at or now + SHORT_PAUSE_SECONDS) - now < SHORT_PAUSE_SECONDS
    ) or (what is CampaignMove.REPLENISH and limited_since is not None and now - limited_since < SHORT_PAUSE_SECONDS)
    kind = _KINDS[what]
    _add(connection, row.workspace_id, kind, campaign_id, data, now, is_news=kind in EVENTS and not short)


def note_account(connection: Connection, account_id: int, *, state: str, reason: str | None, now: float) -> None:
    """An account is about to change its state, in this transaction; one that is in it already is not worth a notice."""
    row: Any = connection.execute(
        sql("SELECT workspace_id, name, host FROM accounts WHERE id = :id AND state <> :state"),
        {"id": account_id, "state": state},
    ).one_or_none()
    if row is None:
        return
    kind = f"account.{state}"
    data = {"name": row.name, "host": row.host, "state": str(state), "reason": reason}
    _add(connection, row.workspace_id, kind, account_id, data, now, is_news=kind in EVENTS)


def note_mailbox(
    connection: Connection,
    mailbox_id: int,
    *,
    workspace_id: int,
    name: str,
    host: str,
    reason: str | None,
    now: float,
) -> None:
    """A mailbox needs a person, since this transaction."""
    data = {"name": name, "host": host, "reason": reason}
    _add(connection, workspace_id, "mailbox.broken", mailbox_id, data, now, is_news=True)


def note_campaign_warning(connection: Connection, campaign_id: int, *, reason: str, now: float) -> None:
    """A campaign's mail is complained about, bounces or is refused as spam; it goes on for now."""
    row: Any = connection.execute(
        sql("SELECT workspace_id, key, name, status FROM campaigns WHERE id = :id"), {"id": campaign_id}
    ).one()
    data = {"key": row.key, "name": row.name, "status": row.status, "reason": reason}
    _add(connection, row.workspace_id, "campaign.warning", campaign_id, data, now, is_news=True)


def note_account_warning(connection: Connection, account_id: int, *, reason: str, now: float) -> None:
    """The same of an account."""
    row: Any = connection.execute(
        sql("SELECT workspace_id, name, host, state FROM accounts WHERE id = :id"), {"id": account_id}
    ).one()
    data = {"name": row.name, "host": row.host, "state": row.state, "reason": reason}
    _add(connection, row.workspace_id, "account.warning", account_id, data, now, is_news=True)


def after(connection: Connection, cursor: int, limit: int, *, now: float) -> list[Notice]:
    """The notices after a cursor (the ``id`` of the last one seen), in order, of every workspace.

    A missing number may be a transaction that is still under way, so what follows it waits until it surely is none.
    """
    rows = connection.execute(
        sql("SELECT * FROM notices WHERE id > :cursor ORDER BY id LIMIT :limit"), {"cursor": cursor, "limit": limit}
    ).all()
    found: list[Notice] = []
    for row in rows:
        # At the beginning of a feed, or where old ones were pruned, the number before may be missing for good.
        if row.id != cursor + 1 and now - row.at < _GAP_SECONDS and cursor:
            break
        cursor = row.id
        found.append(_notice(row))
    return found


def last(connection: Connection) -> int:
    """The cursor of a reader that wants only what comes from now on."""
    return int(connection.execute(sql("SELECT COALESCE(MAX(id), 0) FROM notices")).scalar_one())


def untold(connection: Connection, limit: int) -> list[Notice]:
    """Notices that are not yet notifications, the oldest first."""
    rows = connection.execute(sql("SELECT * FROM notices WHERE told = 0 ORDER BY id LIMIT :limit"), {"limit": limit})
    return [_notice(row) for row in rows]


def mark_told(connection: Connection, ids: Sequence[int]) -> None:
    """These are notifications now. A second call changes nothing."""
    for notice_id in sorted(ids):
        connection.execute(sql("UPDATE notices SET told = 1 WHERE id = :id AND told = 0"), {"id": notice_id})


def prune(connection: Connection, *, before: float, limit: int = 1000) -> int:
    """Forget notices that are older than ``before`` and told, some at a time; returns how many.

    The newest stays, because SQLite would give its number again.
    """
    statement = (
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE at < :before AND told = 1 "
        "AND id < (SELECT MAX(id) FROM notices) ORDER BY at LIMIT :limit)"
    )
    return connection.execute(sql(statement), {"before": before, "limit": limit}).rowcount


def _add(
    connection: Connection,
    workspace_id: int,
    kind: str,
    subject_id: int,
    data: dict[str, Any],
    now: float,
    *,
    is_news: bool,
) -> None:
    connection.execute(
        sql(
            "INSERT INTO notices (workspace_id, kind, subject_id, data, at, told) "
            "VALUES (:workspace, :kind, :subject, :data, :at, :told)"
        ),
        {
            "workspace": workspace_id,
            "kind": kind,
            "subject": subject_id,
            "data": json.dumps(data),
            "at": now,
            "told": 0 if is_news else 1,
        },
    )


def _counts(connection: Connection, campaign_id: int) -> dict[str, int]:
    sums = ", ".join(f"COALESCE(SUM({state}), 0) AS {state}" for state in PUBLIC_STATES)
    row: Any = connection.execute(
        sql(f"SELECT {sums} FROM campaign_counters WHERE campaign_id = :id"), {"id": campaign_id}
    ).one()
    counts = {state: int(getattr(row, state)) for state in PUBLIC_STATES}
    return {state: counts[state] for state in _COUNTED} | {"total": sum(counts.values())}


def _notice(row: Any) -> Notice:
    return Notice(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=row.kind,
        subject_id=row.subject_id,
        data=json.loads(row.data),
        at=row.at,
    )
