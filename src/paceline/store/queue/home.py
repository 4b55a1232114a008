"""At a worker: what it knows of its controller, the campaigns that it sends for it, and their removal."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.allowance import bucket_of
from paceline.store.database import Database, rows_json, sql

_PART = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRow:
    """The one row about the controller."""

    incarnation: str
    acknowledged: int
    announced: int
    has_asked: bool
    halted: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCampaign:
    """A campaign of the controller, and where it is here."""

    campaign_id: int
    remote_id: str
    revision: int
    released: bool
    removing: bool


def open_home(connection: Connection) -> HomeRow:
    """The row about the controller, made at the first start."""
    connection.execute(
        sql("INSERT INTO home (id, incarnation) VALUES (1, :name) ON CONFLICT (id) DO NOTHING"),
        {"name": secrets.token_hex(8)},
    )
    return get(connection)


def get(connection: Connection) -> HomeRow:
    """The row about the controller."""
    found = known(connection)
    assert found is not None, "it is made at the worker's first start"
    return found


def known(connection: Connection) -> HomeRow | None:
    """The same; None for a database that is no worker's."""
    row = connection.execute(
        sql("SELECT incarnation, acknowledged, announced, has_asked, halted FROM home")
    ).one_or_none()
    if row is None:
        return None
    return HomeRow(
        incarnation=row.incarnation,
        acknowledged=row.acknowledged,
        announced=row.announced,
        has_asked=bool(row.has_asked),
        halted=row.halted,
    )


def note_asking(connection: Connection) -> None:
    """The controller has been asked at least once: a later process waits the spacing before it asks."""
    connection.execute(sql("UPDATE home SET has_asked = 1 WHERE has_asked = 0"))


def note_announced(connection: Connection, batch_size: int) -> None:
    """How much the controller takes at once."""
    connection.execute(
        sql("UPDATE home SET announced = :size WHERE announced <> :size"), {"size": max(1, min(batch_size, 1_000_000))}
    )


def begin_again(connection: Connection, acknowledged: int) -> None:
    """Count from what the controller still knows."""
    connection.execute(sql("UPDATE home SET acknowledged = :number"), {"number": acknowledged})


def begin_anew(connection: Connection) -> str:
    """Be a database that the controller does not know, and go on; returns its name."""
    name = secrets.token_hex(8)
    connection.execute(sql("UPDATE home SET incarnation = :name, acknowledged = 0, halted = NULL"), {"name": name})
    return name


def halt(connection: Connection, reason: str) -> None:
    """Send nothing until a person has looked."""
    connection.execute(sql("UPDATE home SET halted = :reason"), {"reason": reason})


def find(connection: Connection, remote_id: str) -> HomeCampaign | None:
    """The campaign that the controller calls so."""
    row = connection.execute(
        sql("SELECT campaign_id, remote_id, revision, released, removing FROM home_campaigns WHERE remote_id = :id"),
        {"id": remote_id},
    ).one_or_none()
    return None if row is None else _row(row)


def every(connection: Connection) -> list[HomeCampaign]:
    """All campaigns of the controller."""
    rows = connection.execute(
        sql("SELECT campaign_id, remote_id, revision, released, removing FROM home_campaigns ORDER BY campaign_id")
    )
    return [_row(row) for row in rows]


def add(connection: Connection, campaign_id: int, remote_id: str, revision: int) -> None:
    """A campaign was created for the controller."""
    connection.execute(
        sql("INSERT INTO home_campaigns (campaign_id, remote_id, revision) VALUES (:id, :remote, :revision)"),
        {"id": campaign_id, "remote": remote_id, "revision": revision},
    )


def release(connection: Connection, campaign_id: int) -> None:
    """What is not sent of a campaign is given back; a second call changes nothing."""
    connection.execute(sql("UPDATE home_campaigns SET released = 1 WHERE campaign_id = :id"), {"id": campaign_id})


def mark_removing(connection: Connection, campaign_id: int) -> None:
    """A campaign is removed as soon as home knows everything about it."""
    connection.execute(sql("UPDATE home_campaigns SET removing = 1 WHERE campaign_id = :id"), {"id": campaign_id})


def retire(connection: Connection, campaign_id: int) -> None:
    """Take its names away from a campaign, so that a new one can have them while this one is removed."""
    for change in (
        "home_campaigns SET remote_id = remote_id || '.gone.' || campaign_id, removing = 1 WHERE campaign_id = :id",
        "campaigns SET key = key || '.gone.' || id WHERE id = :id",
    ):
        connection.execute(sql(f"UPDATE {change}"), {"id": campaign_id})


def remove(database: Database, campaign_id: int) -> None:
    """Remove a campaign with everything about it, in parts; a second call finds nothing. Its accounts stay."""
    ids = database.rows("rows", id="integer")
    while True:
        with database.write() as connection:
            found = connection.execute(
                sql(f"SELECT id FROM messages WHERE campaign_id = :id ORDER BY id LIMIT {_PART}"), {"id": campaign_id}
            )
            rows = {"rows": rows_json([number] for number in found.scalars())}
            if rows["rows"] == "[]":
                break
            for table, column in (
                ("events", "message_id"),
                ("facts", "message_id"),
                ("delivery_facts", "message_id"),
                ("messages", "id"),
            ):
                connection.execute(sql(f"DELETE FROM {table} WHERE {column} IN ({ids})"), rows)
    with database.write() as connection:
        for table, column in (
            ("outbox", "campaign_id"),
            ("links", "campaign_id"),
            ("campaign_counters", "campaign_id"),
            ("campaign_accounts", "campaign_id"),
            ("home_campaigns", "campaign_id"),
            ("campaigns", "id"),
        ):
            connection.execute(sql(f"DELETE FROM {table} WHERE {column} = :id"), {"id": campaign_id})


def is_in_use(connection: Connection, account_id: int) -> bool:
    """Whether a campaign here that has not ended uses an account: then what it has used is known better here."""
    return (
        connection.execute(
            sql(
                "SELECT 1 FROM campaign_accounts ca JOIN campaigns c ON c.id = ca.campaign_id "
                "WHERE ca.account_id = :id AND ca.active = 1 AND c.status NOT IN ('stopped', 'completed', 'draft') LIMIT 1"
            ),
            {"id": account_id},
        ).one_or_none()
        is not None
    )


def set_usage(
    connection: Connection, account_id: int, usage: Sequence[tuple[int, int]], *, next_at: float, now: float
) -> None:
    """What a lent account has used at home, in the place of what was known of it here."""
    connection.execute(
        sql("DELETE FROM usage WHERE account_id = :id AND bucket <= :now"), {"id": account_id, "now": bucket_of(now)}
    )
    for bucket, count in usage:
        connection.execute(
            sql(
                "INSERT INTO usage (account_id, bucket, count) VALUES (:id, :bucket, :count) "
                "ON CONFLICT (account_id, bucket) DO UPDATE SET count = excluded.count"
            ),
            {"id": account_id, "bucket": bucket, "count": count},
        )
    connection.execute(
        sql("UPDATE accounts SET next_at = CASE WHEN next_at > :next THEN next_at ELSE :next END WHERE id = :id"),
        {"id": account_id, "next": next_at},
    )


def account_conditions(connection: Connection) -> list[tuple[str, str, str, str | None, float | None]]:
    """(identity, channel, state, reason, until) of the accounts of campaigns that have not ended."""
    rows = connection.execute(
        sql(
            "SELECT DISTINCT a.identity, a.channel, a.state, a.reason, a.until_at FROM home_campaigns h "
            "JOIN campaigns c ON c.id = h.campaign_id AND c.status NOT IN ('stopped', 'completed', 'draft') "
            "JOIN campaign_accounts ca ON ca.campaign_id = c.id AND ca.active = 1 "
            "JOIN accounts a ON a.id = ca.account_id ORDER BY a.identity"
        )
    )
    return [(row.identity, row.channel, row.state, row.reason, row.until_at) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast the campaigns under way may go together; None: as fast as their accounts allow."""

    active: bool
    messages_per_minute: float | None


def speed(connection: Connection) -> Speed:
    """Of the campaigns that are running or paused by limits."""
    rates = [
        row.rate
        for row in connection.execute(
            sql(
                "SELECT c.rate_per_minute AS rate FROM home_campaigns h JOIN campaigns c ON c.id = h.campaign_id "
                "WHERE c.status IN ('running', 'paused_limits')"
            )
        )
    ]
    return Speed(active=bool(rates), messages_per_minute=None if 0.0 in rates else float(sum(rates)))


def _row(row: Any) -> HomeCampaign:
    values = dict(row._mapping)
    return HomeCampaign(**{**values, "released": bool(values["released"]), "removing": bool(values["removing"])})
