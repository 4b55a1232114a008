"""Fallbacks: the pairs of campaigns, and the contacts that may be handed over, each at most once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paceline.domain.campaign import CampaignStatus
from paceline.store.database import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A campaign and the one that takes over from it."""

    campaign_id: int
    fallback_id: int
    key: str
    """Of the second one."""
    channel: str
    """Of the second one."""
    status: CampaignStatus
    """Of the first one."""
    fallback_status: CampaignStatus
    is_launched: bool
    """Whether the second one may be completed."""
    audience: str
    """Of the second one: JSON."""
    failures: int
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A contact whom the first campaign has not reached, and its reason as it was recorded."""

    message_id: int
    contact_id: int
    attempt: int
    account_id: int | None
    fields: str
    reason: str


def pair(connection: Connection, campaign_id: int, fallback_id: int) -> None:
    """Let one campaign take over from another one. A second call changes nothing."""
    connection.execute(
        sql("INSERT INTO fallbacks (campaign_id, fallback_id) VALUES (:first, :second) ON CONFLICT DO NOTHING"),
        {"first": campaign_id, "second": fallback_id},
    )


def of_campaign(connection: Connection, campaign_id: int) -> int | None:
    """The campaign that takes over from this one."""
    statement = sql("SELECT fallback_id FROM fallbacks WHERE campaign_id = :id")
    found: int | None = connection.execute(statement, {"id": campaign_id}).scalar()
    return found


def with_work(connection: Connection) -> list[Pair]:
    """The pairs of which the first has failures that were not looked at, or the second waits for its end."""
    rows = connection.execute(
        sql(
            "SELECT f.campaign_id, f.fallback_id, s.key, s.channel, c.status, s.status AS fallback_status, "
            "s.launched_at IS NOT NULL AS is_launched, s.audience, f.seen, COALESCE((SELECT SUM(n.failed + n.bounced) "
            "FROM campaign_counters n WHERE n.campaign_id = f.campaign_id), 0) AS failures "
            "FROM fallbacks f JOIN campaigns c ON c.id = f.campaign_id JOIN campaigns s ON s.id = f.fallback_id"
        )
    )
    found = [
        Pair(
            **{
                **row._mapping,
                "status": CampaignStatus(row.status),
                "fallback_status": CampaignStatus(row.fallback_status),
                "is_launched": bool(row.is_launched),
                "failures": int(row.failures),
            }
        )
        for row in rows
    ]
    return [one for one in found if one.failures != one.seen or not one.is_launched]


def unreached(connection: Connection, one: Pair, *, after: int, limit: int) -> list[Unreached]:
    """Contacts behind this message whom the first campaign has not reached and the second does not have, in order."""
    rows = connection.execute(
        sql(
            "SELECT m.id AS message_id, m.contact_id, m.attempt, m.account_id, m.fields, "
            "COALESCE(f.detail, m.reply, '') AS reason FROM messages m "
            "LEFT JOIN facts f ON f.message_id = m.id AND f.kind = 'bounced' WHERE m.campaign_id = :first AND m.id > :after "
            "AND (m.state = 5 OR (m.state = 4 AND f.message_id IS NOT NULL)) AND NOT EXISTS (SELECT 1 FROM messages s "
            "WHERE s.campaign_id = :second AND s.contact_id = m.contact_id) ORDER BY m.id LIMIT :limit"
        ),
        {"first": one.campaign_id, "second": one.fallback_id, "after": after, "limit": limit},
    )
    return [Unreached(**row._mapping) for row in rows]


def note(connection: Connection, one: Pair, contact: Unreached, detail: str, *, now: float) -> None:
    """Keep with the first message by which rule its contact went on to the second channel."""
    connection.execute(
        sql(
            "INSERT INTO events (message_id, attempt, kind, campaign_id, account_id, at, detail) "
            "VALUES (:message, :attempt, 'fallback', :campaign, :account, :now, :detail) ON CONFLICT DO NOTHING"
        ),
        {
            "message": contact.message_id,
            "attempt": contact.attempt,
            "campaign": one.campaign_id,
            "account": contact.account_id,
            "now": now,
            "detail": detail[:500],
        },
    )


def seen(connection: Connection, one: Pair) -> None:
    """The failures that there were have been looked at."""
    connection.execute(
        sql("UPDATE fallbacks SET seen = :seen WHERE campaign_id = :id"), {"id": one.campaign_id, "seen": one.failures}
    )
