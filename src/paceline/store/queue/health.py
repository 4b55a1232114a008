"""Reputation as the database knows it: signs that harm it, what they are to be compared with, and how things stand.

A sign is written in the transaction that brings it, and nothing at all for a message that goes well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause

from paceline.domain.allowance import BUCKET_SECONDS, bucket_of
from paceline.domain.reputation import LAST_MESSAGES, Level, Sample, Sign
from paceline.store.database import Database, sql


class Subject(StrEnum):
    """Whose reputation it is."""

    CAMPAIGN = "campaign"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSign:
    """A sign about a message; of an accepted one the message itself says by whom and when it was sent."""

    message_id: int
    sign: Sign
    refused_by: int | None = None
    """The account whose message was refused; None: it was accepted."""
    refused_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """How a campaign or an account stands."""

    id: int
    state: str
    """The campaign's status, or the account's state."""
    sent: int
    """Of campaigns: all that were sent until now."""
    level: Level
    evidence: str
    since_at: float
    anchors: str
    warned_at: float


def note(connection: Connection, database: Database, signs: Sequence[NewSign], *, now: float) -> None:
    """Keep signs about messages of e-mail campaigns; one that is known changes nothing."""
    rows = [
        [one.message_id, one.sign.value, one.refused_by, 0 if one.refused_by is None else 1, one.refused_at]
        for one in signs
    ]
    if rows:
        database.run(connection, _note(database), {"rows": json.dumps(rows), "now": now})


@lru_cache(maxsize=8)
def _note(database: Database) -> TextClause:
    rows = database.rows(
        "rows", message_id="integer", sign="text", account_id="integer", refused="integer", refused_at="number"
    )
    return sql(
        "INSERT INTO health_signs (message_id, sign, campaign_id, account_id, refused, sent_at, noted_at) "
        "SELECT r.message_id, r.sign, m.campaign_id, COALESCE(r.account_id, m.account_id, 0), r.refused, "
        f"COALESCE(r.refused_at, m.at, :now), :now FROM ({rows}) AS r JOIN messages m ON m.id = r.message_id "
        "JOIN campaigns c ON c.id = m.campaign_id AND c.channel = 'email' WHERE true ON CONFLICT DO NOTHING"
    )


def newly_signed(connection: Connection, *, since: float) -> dict[Subject, set[int]]:
    """The campaigns and accounts about which a sign has come since an instant."""
    rows = connection.execute(
        sql("SELECT DISTINCT campaign_id, account_id FROM health_signs WHERE noted_at >= :since"), {"since": since}
    ).all()
    return {
        Subject.CAMPAIGN: {row.campaign_id for row in rows},
        Subject.ACCOUNT: {row.account_id for row in rows},
    }


def campaigns(connection: Connection, database: Database, ids: Sequence[int]) -> list[HealthRow]:
    """These campaigns, and every listed one that is under way."""
    rows = database.rows("rows", id="integer")
    found = connection.execute(
        sql(
            "SELECT c.id, c.status AS state, (SELECT COALESCE(SUM(k.sent), 0) FROM campaign_counters k "
            "WHERE k.campaign_id = c.id) AS sent, h.level, h.evidence, h.since_at, h.anchors, h.warned_at "
            "FROM campaigns c LEFT JOIN health h ON h.subject = 'campaign' AND h.subject_id = c.id "
            "WHERE c.channel = 'email' AND c.kind IN ('file', 'catalogue') AND "
            f"(c.status IN ('running', 'paused_limits') OR c.id IN (SELECT id FROM ({rows}) AS r))"
        ),
        {"rows": json.dumps([[i] for i in ids])},
    )
    return [_health(row) for row in found]


def accounts(connection: Connection, database: Database, ids: Sequence[int]) -> list[HealthRow]:
    """These accounts."""
    if not ids:
        return []
    rows = database.rows("rows", id="integer")
    found = connection.execute(
        sql(
            "SELECT a.id, a.state, 0 AS sent, h.level, h.evidence, h.since_at, h.anchors, h.warned_at "
            f"FROM ({rows}) AS r JOIN accounts a ON a.id = r.id "
            "LEFT JOIN health h ON h.subject = 'account' AND h.subject_id = a.id"
        ),
        {"rows": json.dumps([[i] for i in ids])},
    )
    return [_health(row) for row in found]


def _health(row: Any) -> HealthRow:
    return HealthRow(
        id=row.id,
        state=row.state,
        sent=int(row.sent),
        level=Level(row.level or 0),
        evidence=row.evidence or "",
        since_at=row.since_at or 0.0,
        anchors=row.anchors or "",
        warned_at=row.warned_at or 0.0,
    )


def sample(connection: Connection, subject: Subject, subject_id: int, *, since: float, accepted: int) -> Sample:
    """The signs about what was sent since an instant; ``accepted`` says how many messages that were."""
    rows = connection.execute(
        sql(
            f"SELECT sign, SUM(refused) AS refused, COUNT(*) AS number FROM health_signs "
            f"WHERE {subject}_id = :id AND sent_at >= :since GROUP BY sign"
        ),
        {"id": subject_id, "since": since},
    ).all()
    refused = sum(int(row.refused) for row in rows)
    return Sample(messages=accepted + refused, signs={Sign(row.sign): int(row.number) for row in rows})


def accepted_since(connection: Connection, account_id: int, *, since: float) -> int:
    """How many messages an account has sent since an instant."""
    count = connection.execute(
        sql("SELECT COALESCE(SUM(count), 0) FROM usage WHERE account_id = :id AND bucket >= :bucket"),
        {"id": account_id, "bucket": bucket_of(since)},
    ).scalar_one()
    return int(count)


def start_of_last(connection: Connection, account_id: int, *, since: float) -> float:
    """From when on an account's last messages were sent, but not before an instant."""
    rows = connection.execute(
        sql(
            "SELECT bucket, count AS number FROM usage WHERE account_id = :id AND bucket >= :bucket "
            "ORDER BY bucket DESC LIMIT :most"
        ),
        {"id": account_id, "bucket": bucket_of(since), "most": LAST_MESSAGES},
    )
    counted = 0
    for row in rows:
        counted += int(row.number)
        if counted >= LAST_MESSAGES:
            return max(since, float(row.bucket * BUCKET_SECONDS))
    return since


def save(
    connection: Connection,
    subject: Subject,
    subject_id: int,
    *,
    level: Level,
    evidence: str,
    since_at: float,
    anchors: str,
    warned_at: float,
    now: float,
) -> None:
    """Keep how a campaign or an account stands."""
    connection.execute(
        sql(
            "INSERT INTO health (subject, subject_id, level, evidence, since_at, anchors, warned_at, updated_at) "
            "VALUES (:subject, :id, :level, :evidence, :since, :anchors, :warned, :now) "
            "ON CONFLICT (subject, subject_id) DO UPDATE SET level = excluded.level, evidence = excluded.evidence, "
            "since_at = excluded.since_at, anchors = excluded.anchors, warned_at = excluded.warned_at, "
            "updated_at = excluded.updated_at"
        ),
        {
            "subject": str(subject),
            "id": subject_id,
            "level": int(level),
            "evidence": evidence,
            "since": since_at,
            "anchors": anchors,
            "warned": warned_at,
            "now": now,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a campaign or an account stands, as people see it."""

    level: Level
    evidence: str


def of_campaign(connection: Connection, campaign_id: int) -> Standing:
    """How a campaign stands; good until something is known."""
    row = connection.execute(
        sql("SELECT level, evidence FROM health WHERE subject = 'campaign' AND subject_id = :id"), {"id": campaign_id}
    ).one_or_none()
    if row is None:
        return Standing(level=Level.GOOD, evidence="")
    return Standing(level=Level(row.level), evidence=row.evidence)


def warned_accounts(connection: Connection, campaign_id: int) -> list[tuple[str, str]]:
    """(name, evidence) of the campaign's accounts that stand badly and may still send."""
    rows = connection.execute(
        sql(
            "SELECT a.name, h.evidence FROM campaign_accounts ca JOIN accounts a ON a.id = ca.account_id "
            "JOIN health h ON h.subject = 'account' AND h.subject_id = a.id AND h.level = 1 "
            "WHERE ca.campaign_id = :id AND ca.active = 1 AND a.state NOT IN ('broken', 'disabled') ORDER BY ca.position"
        ),
        {"id": campaign_id},
    )
    return [(row.name, row.evidence) for row in rows]
