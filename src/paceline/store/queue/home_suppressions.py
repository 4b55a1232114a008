"""At a worker: whom its controller wants to get nothing, and whom again. Home's last word on an address counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql
from paceline.store.queue.outbox import FROM_HOME


class ToldSuppression(NamedTuple):
    """A suppression of home's; ``made_at`` is when it was made there, None where home does not say."""

    channel: str
    address: str
    reason: str
    made_at: float | None
    expires_at: float | None


class ToldLift(NamedTuple):
    """A suppression that is over, and was made at home then."""

    channel: str
    address: str
    made_at: float


def suppress(connection: Connection, told: Sequence[ToldSuppression], *, workspace_id: int, now: float) -> int:
    """Suppress these; what was suppressed here by itself stays where it lasts longer. Returns how many are new or changed."""
    added = 0
    for one in told:
        added += connection.execute(
            _SUPPRESS,
            {
                "workspace": workspace_id,
                "channel": one.channel,
                "address": one.address.casefold(),
                "reason": one.reason,
                "at": now if one.made_at is None else one.made_at,
                "dated": int(one.made_at is not None),
                "expires": one.expires_at,
            },
        ).rowcount
    return added


_SUPPRESS = sql(
    "INSERT INTO suppressions (workspace_id, channel, address, reason, source, created_at, expires_at) "
    f"VALUES (:workspace, :channel, :address, :reason, '{FROM_HOME}', :at, :expires) "
    "ON CONFLICT (workspace_id, channel, address) DO UPDATE SET reason = excluded.reason, "
    "source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at "
    f"WHERE (suppressions.source = '{FROM_HOME}' AND :dated = 1 AND excluded.created_at > suppressions.created_at) "
    "OR (excluded.expires_at IS NULL AND suppressions.expires_at IS NOT NULL) "
    "OR excluded.expires_at > suppressions.expires_at "
    f"OR (suppressions.source <> '{FROM_HOME}' AND (excluded.expires_at IS NULL "
    "OR excluded.expires_at = suppressions.expires_at))"
)


def lift(connection: Connection, told: Sequence[ToldLift], *, workspace_id: int) -> int:
    """Let these get messages again; returns how many were suppressed.

    What home has suppressed anew since, and what it has not yet heard of from here, stays.
    """
    lifted = 0
    for one in told:
        lifted += connection.execute(
            sql(
                "DELETE FROM suppressions WHERE workspace_id = :workspace AND channel = :channel AND address = :address "
                f"AND ((source = '{FROM_HOME}' AND created_at <= :at) OR (source <> '{FROM_HOME}' AND NOT EXISTS "
                "(SELECT 1 FROM outbox o WHERE o.kind = 'suppression' AND o.name = :channel AND o.key = :address)))"
            ),
            {
                "workspace": workspace_id,
                "channel": one.channel,
                "address": one.address.casefold(),
                "at": one.made_at,
            },
        ).rowcount
    return lifted


def messages_of(
    connection: Connection, database: Database, campaign_id: int, recipients: Sequence[int]
) -> dict[int, int]:
    """Recipient (the controller's number) -> message here, of those that have arrived."""
    rows = database.rows("rows", id="integer")
    found = connection.execute(
        sql(
            f"SELECT m.id, m.contact_id FROM ({rows}) AS r JOIN messages m ON m.campaign_id = :campaign "
            "AND m.contact_id = r.id"
        ),
        {"rows": rows_json([number] for number in recipients), "campaign": campaign_id},
    )
    return {row.contact_id: row.id for row in found}
