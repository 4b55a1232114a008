"""One campaign at a glance, and the next moments at which something changes for it by itself."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignStatus
from paceline.domain.pacing import CLAIM_AHEAD_SECONDS
from paceline.store.database import Database, sql

_GLANCE = sql(
    "SELECT c.status, "
    "(SELECT COALESCE(SUM(queued + sending + deferred), 0) FROM campaign_counters WHERE campaign_id = c.id) AS unended, "
    "(SELECT MIN(a.until_at) FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
    "WHERE ca.campaign_id = c.id AND ca.active = 1 AND a.until_at > :now) AS account_at, "
    "(SELECT MIN(due_at) FROM messages WHERE campaign_id = c.id AND due_at IS NOT NULL AND due_at > :now) AS due_at, "
    "CASE WHEN c.rate_per_minute > 0 THEN c.next_at - :ahead END AS slot_at, c.resumes_at "
    "FROM campaigns c WHERE c.id = :id"
)


class Glance(NamedTuple):
    """How a campaign stands, and when something will change; None: no such moment is set."""

    status: CampaignStatus
    left: int
    account_at: float | None
    """An account's rest ends, or the campaign's own."""
    work_at: float | None
    """Something can be claimed that could not before: a deferred message, or a slot of the campaign's pace."""
    slot_at: float | None = None
    """From when on the next slot can be claimed, also when that has come; None: the campaign has no pace."""


def glance(database: Database, connection: Connection, campaign_id: int, *, now: float) -> Glance:
    """Look at one campaign in one statement."""
    values = {"id": campaign_id, "now": now, "ahead": CLAIM_AHEAD_SECONDS}
    status, left, account_at, due_at, slot_at, resumes_at = database.fetch(connection, _GLANCE, values)[0]
    return Glance(
        status=CampaignStatus(status),
        left=int(left),
        account_at=_first(now, account_at, resumes_at),
        work_at=_first(now, due_at, slot_at),
        slot_at=slot_at,
    )


def _first(now: float, *moments: float | None) -> float | None:
    return min([moment for moment in moments if moment is not None and moment > now], default=None)
