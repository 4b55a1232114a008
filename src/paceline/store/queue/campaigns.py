"""Campaigns: the frozen definition, the status and its moves, and the progress that people watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import MOVES, CampaignKind, CampaignMove, CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing, pacing_of
from paceline.domain.message import PUBLIC_NAMES, PUBLIC_STATES, MessageState
from paceline.domain.parts import HELD_AT
from paceline.store.database import sql
from paceline.store.queue import notices, remote_campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What a campaign is made of. ``content`` and ``audience`` are JSON and never change once it has started."""

    workspace_id: int
    key: str
    name: str
    channel: str
    content: str
    audience: str
    message_id_domain: str
    rate_per_minute: float
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float = 1.0
    pacing: CampaignPacing = field(default_factory=CampaignPacing)
    kind: CampaignKind = CampaignKind.FILE
    created_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign as the database knows it."""

    id: int
    workspace_id: int
    key: str
    name: str
    channel: str
    status: CampaignStatus
    content: str
    audience: str
    message_id_domain: str
    rate_per_minute: float
    launch_cursor: int
    launched_at: float | None
    refused: int
    pause_reason: str | None
    resumes_at: float | None
    started_at: float | None
    finished_at: float | None
    updated_at: float
    kind: CampaignKind
    created_by: int | None
    created_at: float
    starts_at: float | None
    start_timezone: str | None
    late_start: LateStart
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float
    pacing: CampaignPacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The counts of a campaign, all seen at one moment; the states add up to ``total``."""

    campaign: CampaignRow
    counts: dict[str, int]
    came_back: dict[str, int]
    """Messages by what was learnt after they were sent: ``CAME_BACK``."""
    updated_at: float
    next_due_at: float | None

    @property
    def total(self) -> int:
        """Messages launched so far."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Messages that have not ended."""
        return self.counts["queued"] + self.counts["sending"] + self.counts["deferred"]


CAME_BACK = ("delivered", "read", "bounced", "opened", "clicked", "unsubscribed", "complained")
"""What a campaign's progress says of messages besides their states."""

_COLUMNS = (
    "id, workspace_id, key, name, channel, status, content, audience, message_id_domain, rate_per_minute, "
    "launch_cursor, launched_at, refused, pause_reason, resumes_at, started_at, finished_at, updated_at, "
    "kind, created_by, created_at, starts_at, start_timezone, late_start, max_attempts, retry_delay_seconds, "
    "weight, pacing"
)


def create(connection: Connection, campaign: NewCampaign, *, now: float) -> int | None:
    """A new campaign as a draft; returns its id, or None when another process has just created one of this key."""
    return connection.execute(
        sql(
            "INSERT INTO campaigns (workspace_id, key, name, channel, status, content, audience, message_id_domain, "
            "rate_per_minute, max_attempts, retry_delay_seconds, kind, priority, created_by, created_at, updated_at, "
            "weight, pacing) "
            "VALUES (:workspace, :key, :name, :channel, 'draft', :content, :audience, :domain, :rate, :attempts, "
            ":delay, :kind, :priority, :created_by, :now, :now, :weight, :pacing) "
            "ON CONFLICT (workspace_id, key) DO NOTHING RETURNING id"
        ),
        {
            "workspace": campaign.workspace_id,
            "key": campaign.key,
            "name": campaign.name,
            "channel": campaign.channel,
            "content": campaign.content,
            "audience": campaign.audience,
            "domain": campaign.message_id_domain,
            "rate": campaign.rate_per_minute,
            "attempts": campaign.max_attempts,
            "delay": campaign.retry_delay_seconds,
            "kind": campaign.kind,
            "priority": campaign.kind.priority,
            "created_by": campaign.created_by,
            "weight": campaign.weight,
            "pacing": campaign.pacing.to_json(),
            "now": now,
        },
    ).scalar_one_or_none()


def change_pace(
    connection: Connection,
    campaign_id: int,
    *,
    rate_per_minute: float,
    max_attempts: int | None,
    retry_delay_seconds: float | None,
    weight: float,
    pacing: CampaignPacing,
    now: float,
) -> None:
    """What may change while a campaign runs: its pace, windows and share, and its retries.

    Messages that were put off because of a window or dealt to an account are looked at again.
    """
    values = {"id": campaign_id, "pacing": pacing.to_json(), "now": now}
    changed = connection.execute(
        sql("UPDATE campaigns SET pacing = :pacing WHERE id = :id AND COALESCE(pacing, '') <> COALESCE(:pacing, '')"),
        values,
    )
    if changed.rowcount:
        let_go(connection, campaign_id, now=now)
    connection.execute(
        sql(
            "UPDATE campaigns SET next_at = CASE WHEN rate_per_minute = :rate THEN next_at ELSE 0 END, "
            "rate_per_minute = :rate, max_attempts = :attempts, retry_delay_seconds = :delay, weight = :weight "
            "WHERE id = :id"
        ),
        {
            "id": campaign_id,
            "rate": rate_per_minute,
            "attempts": max_attempts,
            "delay": retry_delay_seconds,
            "weight": weight,
        },
    )


def let_go(connection: Connection, campaign_id: int, *, now: float) -> None:
    """Messages that wait for a window or a limit, or for the account they were dealt to, may be claimed at once.

    Whoever claims them looks at every rule anew. Deferred messages keep their moment.
    """
    values = {"id": campaign_id, "now": now}
    connection.execute(
        sql("UPDATE messages SET due_at = :now WHERE campaign_id = :id AND state = 0 AND due_at > :now"), values
    )
    connection.execute(
        sql("UPDATE messages SET dealt_to = NULL WHERE campaign_id = :id AND state = 0 AND dealt_to IS NOT NULL"),
        values,
    )


def find(connection: Connection, key: str, *, workspace_id: int) -> CampaignRow | None:
    """The campaign of this key."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM campaigns WHERE workspace_id = :workspace AND key = :key"),
        {"workspace": workspace_id, "key": key},
    ).one_or_none()
    return None if row is None else _campaign(row)


def get(connection: Connection, campaign_id: int) -> CampaignRow:
    """The campaign of this id."""
    statement = sql(f"SELECT {_COLUMNS} FROM campaigns WHERE id = :id")
    return _campaign(connection.execute(statement, {"id": campaign_id}).one())


def some(connection: Connection, campaign_ids: Sequence[int]) -> list[CampaignRow]:
    """The campaigns of these ids, in their order; one that is not there is left out."""
    if not campaign_ids:
        return []
    marks, values = _marked(campaign_ids)
    rows = connection.execute(sql(f"SELECT {_COLUMNS} FROM campaigns WHERE id IN ({marks})"), values)
    found = {row.id: _campaign(row) for row in rows}
    return [found[number] for number in campaign_ids if number in found]


def numbered(connection: Connection, campaign_id: int, *, workspace_id: int) -> CampaignRow | None:
    """The campaign of this number, if it is the workspace's."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM campaigns WHERE id = :id AND workspace_id = :workspace"),
        {"id": campaign_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _campaign(row)


def key_of(connection: Connection, campaign_id: int, *, workspace_id: int) -> str | None:
    """The key of this workspace's campaign of this id; None when it has none of this id."""
    statement = sql("SELECT key FROM campaigns WHERE id = :id AND workspace_id = :workspace")
    return connection.execute(statement, {"id": campaign_id, "workspace": workspace_id}).scalar_one_or_none()


def every(connection: Connection, *, workspace_id: int) -> list[CampaignRow]:
    """All campaigns, the newest first; without test messages and single ones."""
    statement = sql(
        f"SELECT {_COLUMNS} FROM campaigns WHERE workspace_id = :workspace AND kind IN ('file', 'catalogue') "
        "ORDER BY id DESC"
    )
    return [_campaign(row) for row in connection.execute(statement, {"workspace": workspace_id})]


def move(
    connection: Connection,
    campaign_id: int,
    what: CampaignMove,
    *,
    now: float,
    reason: str | None = None,
    resumes_at: float | None = None,
) -> bool:
    """Make one move of the table in domain/campaign.py; False when the campaign is not where the move begins.

    One compare-and-set statement: whoever comes second finds the campaign moved and changes nothing. A move leaves a
    notice in the same transaction.
    """
    row = MOVES[what]
    ends = row.target in (CampaignStatus.STOPPED, CampaignStatus.COMPLETED)
    limited_since = notices.status_since(connection, campaign_id)
    moved = connection.execute(
        sql(
            "UPDATE campaigns SET status = :target, pause_reason = :reason, resumes_at = :resumes_at, "
            "updated_at = :now, started_at = COALESCE(started_at, :started), finished_at = :finished "
            f"WHERE id = :id AND status IN ({', '.join(repr(str(source)) for source in sorted(row.sources))})"
        ),
        {
            "id": campaign_id,
            "target": str(row.target),
            "reason": reason,
            "resumes_at": resumes_at,
            "now": now,
            "started": now if row.target is CampaignStatus.RUNNING else None,
            "finished": now if ends else None,
        },
    )
    if moved.rowcount == 1 and row.target is CampaignStatus.RUNNING:
        remote_campaigns.lend_accounts(connection, campaign_id)
    if moved.rowcount == 1:
        notices.note_move(connection, campaign_id, what, limited_since=limited_since, now=now)
    return moved.rowcount == 1


def explain_pause(
    connection: Connection, campaign_id: int, *, reason: str | None, resumes_at: float | None, now: float
) -> None:
    """A campaign goes on pausing for its limits, but for another reason or until another moment."""
    connection.execute(
        sql(
            "UPDATE campaigns SET pause_reason = :reason, resumes_at = :resumes_at, updated_at = :now "
            "WHERE id = :id AND status = 'paused_limits'"
        ),
        {"id": campaign_id, "reason": reason, "resumes_at": resumes_at, "now": now},
    )


def complete_when_done(connection: Connection, campaign_id: int, *, now: float) -> bool:
    """Complete a campaign whose audience is launched and of which nothing is queued, sending or deferred."""
    # Whoever adds a message to a standing campaign locks it too: nothing is added between the look and the move.
    connection.execute(sql("UPDATE campaigns SET updated_at = updated_at WHERE id = :id"), {"id": campaign_id})
    done = connection.execute(
        sql(
            "SELECT 1 FROM campaigns c WHERE c.id = :id AND c.launched_at IS NOT NULL AND 0 = "
            "(SELECT COALESCE(SUM(queued + sending + deferred), 0) FROM campaign_counters WHERE campaign_id = :id)"
        ),
        {"id": campaign_id},
    ).one_or_none()
    return done is not None and move(connection, campaign_id, CampaignMove.COMPLETE, now=now)


_SUMS = ", ".join(f"COALESCE(SUM({name}), 0) AS {name}" for name in (*PUBLIC_STATES, *CAME_BACK))


def progress(connection: Connection, campaign_id: int) -> Progress:
    """The counts of a campaign; costs the same at ten and at ten million messages."""
    counts = connection.execute(
        sql(f"SELECT {_SUMS}, MAX(updated_at) AS updated_at FROM campaign_counters WHERE campaign_id = :id"),
        {"id": campaign_id},
    ).one()
    campaign = get(connection, campaign_id)
    next_due_at = connection.execute(
        sql("SELECT MIN(due_at) FROM messages WHERE campaign_id = :id AND due_at IS NOT NULL AND due_at < :held"),
        {"id": campaign_id, "held": HELD_AT},
    ).scalar()
    return _progress(campaign, counts, next_due_at)


def changed(connection: Connection, *, workspace_id: int, since: float, active_too: bool = False) -> list[Progress]:
    """The campaigns that changed at this instant or later, with their counts; without the next moment of a retry.

    ``active_too``: and all that are under way, whenever they changed.
    """
    active = "OR status IN ('running', 'paused', 'paused_limits', 'paused_health') " if active_too else ""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM campaigns WHERE workspace_id = :workspace AND kind IN ('file', 'catalogue') "
            f"AND id IN (SELECT id FROM campaigns WHERE workspace_id = :workspace AND (updated_at >= :since {active}) "
            "UNION SELECT campaign_id FROM campaign_counters WHERE updated_at >= :since) ORDER BY id"
        ),
        {"workspace": workspace_id, "since": since},
    )
    found = {row.id: _campaign(row) for row in rows}
    if not found:
        return []
    marks, values = _marked(list(found))
    counters = connection.execute(
        sql(
            f"SELECT campaign_id, {_SUMS}, MAX(updated_at) AS updated_at FROM campaign_counters "
            f"WHERE campaign_id IN ({marks}) GROUP BY campaign_id"
        ),
        values,
    )
    counts = {row.campaign_id: row for row in counters}
    return [_progress(campaign, counts.get(campaign_id), None) for campaign_id, campaign in found.items()]


def _progress(campaign: CampaignRow, counts: Any, next_due_at: float | None) -> Progress:
    """One campaign with the sums of its counters; None: it has none yet."""
    return Progress(
        campaign=campaign,
        counts={state: int(getattr(counts, state, 0)) for state in PUBLIC_STATES},
        came_back={name: int(getattr(counts, name, 0)) for name in CAME_BACK},
        updated_at=max(campaign.updated_at, getattr(counts, "updated_at", None) or 0.0),
        next_due_at=next_due_at,
    )


def count_anew(connection: Connection, campaign_id: int) -> dict[str, int]:
    """The counts of a campaign by looking at every message: for the health check only."""
    rows = connection.execute(
        sql("SELECT state, COUNT(*) AS number FROM messages WHERE campaign_id = :id GROUP BY state"),
        {"id": campaign_id},
    )
    counts = dict.fromkeys(PUBLIC_STATES, 0)
    for row in rows:
        counts[PUBLIC_NAMES[MessageState(row.state)]] += row.number
    return counts


def account_progress(connection: Connection, campaign_id: int) -> dict[int, int]:
    """Account id -> messages it sent for this campaign."""
    rows = connection.execute(
        sql("SELECT account_id, sent FROM campaign_accounts WHERE campaign_id = :id"), {"id": campaign_id}
    )
    return {row.account_id: row.sent for row in rows}


def _marked(numbers: Sequence[int]) -> tuple[str, dict[str, object]]:
    """Numbers for an IN of a statement, with their values."""
    return ", ".join(f":n{place}" for place in range(len(numbers))), {f"n{at}": one for at, one in enumerate(numbers)}


def _campaign(row: Any) -> CampaignRow:
    values = dict(row._mapping)
    words = {
        "status": CampaignStatus(values["status"]),
        "kind": CampaignKind(values["kind"]),
        "late_start": LateStart(values["late_start"]),
        "pacing": pacing_of(values["pacing"]),
    }
    return CampaignRow(**{**values, **words})
