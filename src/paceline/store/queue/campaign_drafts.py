"""Campaigns before they run: changed while drafts, frozen at the start, started at their moment; and pages of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignStatus, LateStart
from paceline.domain.campaign_pacing import CampaignPacing
from paceline.domain.message import PUBLIC_STATES
from paceline.store.database import sql
from paceline.store.queue import campaigns, worker_errands
from paceline.store.queue.campaigns import CampaignRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftValues:
    """What may be changed of a draft."""

    name: str
    content: str
    audience: str
    rate_per_minute: float
    max_attempts: int | None
    retry_delay_seconds: float | None
    weight: float
    pacing: CampaignPacing


def change(connection: Connection, campaign_id: int, values: DraftValues, *, now: float) -> bool:
    """Write a draft anew; False when it is none (any more)."""
    changed = connection.execute(
        sql(
            "UPDATE campaigns SET name = :name, content = :content, audience = :audience, rate_per_minute = :rate, "
            "max_attempts = :attempts, retry_delay_seconds = :delay, weight = :weight, pacing = :pacing, "
            "updated_at = :now "
            "WHERE id = :id AND status = 'draft' AND kind = 'catalogue'"
        ),
        {
            "id": campaign_id,
            "name": values.name,
            "content": values.content,
            "audience": values.audience,
            "rate": values.rate_per_minute,
            "attempts": values.max_attempts,
            "delay": values.retry_delay_seconds,
            "weight": values.weight,
            "pacing": values.pacing.to_json(),
            "now": now,
        },
    )
    return changed.rowcount == 1


def delete(connection: Connection, campaign_id: int, *, now: float) -> bool:
    """Take a draft away, at its worker as well; False when it is none (any more)."""
    values = {"id": campaign_id}
    draft = "SELECT id FROM campaigns WHERE id = :id AND status = 'draft' AND kind = 'catalogue'"
    at_worker = connection.execute(
        sql(f"SELECT worker_id FROM remote_campaigns WHERE campaign_id IN ({draft})"), values
    ).scalar_one_or_none()
    if at_worker is not None:
        worker_errands.discard(connection, campaign_id, at_worker, now=now)
    for table in ("campaign_accounts", "remote_campaigns"):
        connection.execute(sql(f"DELETE FROM {table} WHERE campaign_id IN ({draft})"), values)
    deleted = connection.execute(sql(f"DELETE FROM campaigns WHERE id IN ({draft})"), values)
    return deleted.rowcount == 1


def freeze(
    connection: Connection, seen: CampaignRow, *, content: str, audience: str, message_id_domain: str, now: float
) -> bool:
    """Keep the content and audience that were checked; False when the campaign has changed since it was ``seen``.

    The move that starts or schedules it follows in the same transaction.
    """
    frozen = connection.execute(
        sql(
            "UPDATE campaigns SET content = :content, audience = :audience, message_id_domain = :domain, "
            "updated_at = :now WHERE id = :id AND status = :status AND content = :seen_content "
            "AND audience = :seen_audience AND name = :seen_name"
        ),
        {
            "id": seen.id,
            "content": content,
            "audience": audience,
            "domain": message_id_domain,
            "status": seen.status,
            "seen_content": seen.content,
            "seen_audience": seen.audience,
            "seen_name": seen.name,
            "now": now,
        },
    )
    return frozen.rowcount == 1


def set_start(
    connection: Connection, campaign_id: int, *, starts_at: float | None, timezone: str | None, late: LateStart
) -> None:
    """The moment of the start; whatever was said about a missed one is forgotten."""
    connection.execute(
        sql(
            "UPDATE campaigns SET starts_at = :starts_at, start_timezone = :zone, late_start = :late, "
            "pause_reason = NULL WHERE id = :id AND status IN ('draft', 'scheduled')"
        ),
        {"id": campaign_id, "starts_at": starts_at, "zone": timezone, "late": late},
    )


def hold(connection: Connection, campaign_id: int, *, reason: str, now: float) -> bool:
    """A scheduled campaign waits for a person, and says why; False when it is not scheduled (any more)."""
    statement = sql(
        "UPDATE campaigns SET pause_reason = :reason, updated_at = :now "
        "WHERE id = :id AND status = 'scheduled' AND pause_reason IS NULL"
    )
    return connection.execute(statement, {"id": campaign_id, "reason": reason, "now": now}).rowcount == 1


def next_start(connection: Connection) -> float | None:
    """The moment of the next start in any workspace; None when nothing is scheduled."""
    statement = sql("SELECT MIN(starts_at) FROM campaigns WHERE status = 'scheduled' AND pause_reason IS NULL")
    found: float | None = connection.execute(statement).scalar()
    return found


def due(connection: Connection, *, now: float) -> list[CampaignRow]:
    """Scheduled campaigns whose moment has come, in any workspace."""
    statement = sql(
        "SELECT id FROM campaigns WHERE status = 'scheduled' AND starts_at <= :now AND pause_reason IS NULL "
        "ORDER BY starts_at, id"
    )
    return [campaigns.get(connection, number) for number in connection.execute(statement, {"now": now}).scalars().all()]


def launching(connection: Connection) -> list[CampaignRow]:
    """Started campaigns of lists and segments that are not in the queue altogether, in any workspace.

    Those that take over from another one get their contacts from that.
    """
    statement = sql(
        "SELECT id FROM campaigns WHERE status IN ('running', 'paused', 'paused_limits', 'paused_health') "
        "AND launched_at IS NULL AND kind = 'catalogue' "
        "AND NOT EXISTS (SELECT 1 FROM fallbacks f WHERE f.fallback_id = campaigns.id) ORDER BY id"
    )
    return [campaigns.get(connection, number) for number in connection.execute(statement).scalars().all()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCampaign:
    """A campaign in a list: what it is, and its counts."""

    campaign: CampaignRow
    counts: dict[str, int]


def page(
    connection: Connection,
    *,
    workspace_id: int,
    before: int | None,
    limit: int,
    statuses: Sequence[CampaignStatus] = (),
) -> list[ListedCampaign]:
    """Up to ``limit`` campaigns, the newest first, older than ``before``; each with its counts, in three statements."""
    names = {f"status{place}": str(status) for place, status in enumerate(statuses)}
    wanted = f"AND status IN ({', '.join(':' + name for name in names)})" if names else ""
    ids = connection.execute(
        sql(
            "SELECT id FROM campaigns WHERE workspace_id = :workspace AND kind IN ('file', 'catalogue') "
            f"AND (CAST(:before AS bigint) IS NULL OR id < :before) {wanted} ORDER BY id DESC LIMIT :limit"
        ),
        {"workspace": workspace_id, "before": before, "limit": limit, **names},
    )
    rows = campaigns.some(connection, ids.scalars().all())
    counts = _counts(connection, [row.id for row in rows])
    return [ListedCampaign(campaign=row, counts=counts[row.id]) for row in rows]


def _counts(connection: Connection, campaign_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    counts = {number: dict.fromkeys(PUBLIC_STATES, 0) for number in campaign_ids}
    if counts:
        names = {f"c{place}": number for place, number in enumerate(campaign_ids)}
        sums = ", ".join(f"SUM({state}) AS {state}" for state in PUBLIC_STATES)
        rows: Any = connection.execute(
            sql(
                f"SELECT campaign_id, {sums} FROM campaign_counters "
                f"WHERE campaign_id IN ({', '.join(':' + name for name in names)}) GROUP BY campaign_id"
            ),
            names,
        )
        for row in rows:
            counts[row.campaign_id] = {state: int(getattr(row, state)) for state in PUBLIC_STATES}
    return counts


def account_ids(connection: Connection, campaign_id: int) -> list[int]:
    """The accounts that may send a campaign, in its order."""
    statement = sql("SELECT account_id FROM campaign_accounts WHERE campaign_id = :id AND active = 1 ORDER BY position")
    return list(connection.execute(statement, {"id": campaign_id}).scalars())


def accounts_there(connection: Connection, numbers: Sequence[int], workspace_id: int) -> dict[int, str]:
    """Those of these accounts that the workspace has, with their channels."""
    if not numbers:
        return {}
    names = {f"a{place}": number for place, number in enumerate(sorted(set(numbers)))}
    statement = sql(
        "SELECT id, channel FROM accounts "
        f"WHERE workspace_id = :workspace AND id IN ({', '.join(':' + name for name in names)})"
    )
    rows = connection.execute(statement, {"workspace": workspace_id, **names})
    return {row.id: row.channel for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingAccount:
    """What a check asks of an account."""

    id: int
    name: str
    channel: str
    from_address: str
    state: str


def sending_accounts(connection: Connection, campaign_id: int) -> list[SendingAccount]:
    """The accounts of a campaign, in its order."""
    rows = connection.execute(
        sql(
            "SELECT a.id, a.name, a.channel, a.from_address, a.state FROM campaign_accounts ca "
            "JOIN accounts a ON a.id = ca.account_id "
            "WHERE ca.campaign_id = :id AND ca.active = 1 ORDER BY ca.position"
        ),
        {"id": campaign_id},
    )
    return [SendingAccount(**row._mapping) for row in rows]


def from_of_account(connection: Connection, account_id: int, *, workspace_id: int) -> str | None:
    """The From of an account, empty where it has none of its own; None: the workspace has no such account."""
    statement = sql("SELECT from_address FROM accounts WHERE id = :id AND workspace_id = :workspace")
    found: str | None = connection.execute(
        statement, {"id": account_id, "workspace": workspace_id}
    ).scalar_one_or_none()
    return found


def usable_accounts(connection: Connection, *, workspace_id: int, channel: str) -> list[SendingAccount]:
    """The accounts of a workspace that no person has switched off, in their order."""
    rows = connection.execute(
        sql(
            "SELECT id, name, channel, from_address, state FROM accounts "
            "WHERE workspace_id = :workspace AND channel = :channel AND state <> 'disabled' ORDER BY id"
        ),
        {"workspace": workspace_id, "channel": channel},
    )
    return [SendingAccount(**row._mapping) for row in rows]
