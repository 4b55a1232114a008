"""Accounts as the people of a workspace keep them: pages, tags, edits of many, deletion, usage over time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.domain.allowance import BUCKET_SECONDS, bucket_of
from paceline.store.database import Database, sql
from paceline.store.queue.accounts import AccountStanding, standing_of
from paceline.store.secrets import SecretBox

QUARTER_SECONDS = 900
_BUCKETS_PER_QUARTER = QUARTER_SECONDS // BUCKET_SECONDS
_ACTIVE = "('scheduled', 'running', 'paused', 'paused_limits', 'paused_health')"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """An account with the parts of its login that are no secret."""

    standing: AccountStanding
    from_address: str
    login: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLogin:
    """Who has a login already."""

    account_id: int
    name: str
    guarded: bool
    hidden: bool


def page(
    connection: Connection,
    *,
    workspace_id: int,
    after: int = 0,
    limit: int = 1_000_000,
    tag: str | None = None,
    host: str | None = None,
) -> list[AccountRecord]:
    """The accounts of a workspace by number, after a cursor (the number of the last one seen)."""
    where = "workspace_id = :workspace AND hidden_at IS NULL AND id > :after"
    values: dict[str, Any] = {"workspace": workspace_id, "after": after, "limit": limit}
    if tag is not None:
        where, values = f"{where} AND REPLACE(tags, :tag, '') <> tags", {**values, "tag": _quoted(tag)}
    if host is not None:
        where, values = f"{where} AND host = :host", {**values, "host": host}
    rows = connection.execute(sql(f"SELECT * FROM accounts WHERE {where} ORDER BY id LIMIT :limit"), values)
    return [_record(row) for row in rows]


def get(connection: Connection, account_id: int, *, workspace_id: int) -> AccountRecord | None:
    """One account of a workspace; None when there is none or it was deleted."""
    row = connection.execute(
        sql("SELECT * FROM accounts WHERE id = :id AND workspace_id = :workspace AND hidden_at IS NULL"),
        {"id": account_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _record(row)


def known_logins(connection: Connection, *, workspace_id: int) -> dict[str, KnownLogin]:
    """Identity -> who has it, of every channel, deleted accounts included."""
    rows = connection.execute(
        sql("SELECT id, identity, name, login, hidden_at FROM accounts WHERE workspace_id = :workspace"),
        {"workspace": workspace_id},
    )
    return {
        row.identity: KnownLogin(
            account_id=row.id,
            name=row.name,
            guarded=bool(json.loads(row.login).get("guarded", False)),
            hidden=row.hidden_at is not None,
        )
        for row in rows
    }


def set_tags(connection: Connection, account_id: int, tags: Iterable[str]) -> None:
    """Replace an account's tags."""
    words = json.dumps(sorted(set(tags)), ensure_ascii=False)
    connection.execute(sql("UPDATE accounts SET tags = :tags WHERE id = :id"), {"tags": words, "id": account_id})


_EDITABLE = {
    "minute_limit": "minute_limit",
    "hourly_limit": "hourly_limit",
    "daily_limit": "daily_limit",
    "monthly_limit": "monthly_limit",
    "window": "limit_window",
    "timezone": "timezone",
    "rate_per_minute": "rate_per_minute",
    "max_connections": "max_connections",
    "largest_campaign": "largest_campaign",
    "weight": "weight",
    "warm_up": "warm_up",
    "warm_up_since": "warm_up_since",
}


def edit(connection: Connection, account_ids: Sequence[int], changes: dict[str, Any]) -> None:
    """Give several accounts the same limits or pace; one that rests because of its limits may begin anew."""
    columns = {_EDITABLE[name]: value for name, value in changes.items()}
    if not columns:
        return
    words = ", ".join(f"{column} = :{column}" for column in columns)
    if "warm_up" in columns and "warm_up_since" not in columns:
        words += ", warm_up_since = CASE WHEN warm_up = :warm_up THEN warm_up_since END"
    statement = sql(
        f"UPDATE accounts SET {words}, revision = revision + 1, "
        "reason = CASE WHEN state = 'limited' THEN NULL ELSE reason END, "
        "until_at = CASE WHEN state = 'limited' THEN NULL ELSE until_at END, "
        "state = CASE WHEN state = 'limited' THEN 'ready' ELSE state END WHERE id = :id"
    )
    for account_id in sorted(account_ids):
        connection.execute(statement, {**columns, "id": account_id})


def campaigns_using(connection: Connection, account_id: int) -> list[str]:
    """The keys of the campaigns that are under way with this account."""
    rows = connection.execute(
        sql(
            "SELECT c.key FROM campaign_accounts ca JOIN campaigns c ON c.id = ca.campaign_id "
            f"WHERE ca.account_id = :id AND ca.active = 1 AND c.status IN {_ACTIVE} ORDER BY c.id"
        ),
        {"id": account_id},
    )
    return list(rows.scalars())


def delete(connection: Connection, box: SecretBox, account_id: int, *, now: float) -> None:
    """Delete an account. One that has sent something, or is held, is only hidden, disabled, and loses its secrets."""
    gone = connection.execute(
        sql(
            "DELETE FROM accounts WHERE id = :id AND sender_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM campaign_accounts WHERE account_id = :id) "
            "AND NOT EXISTS (SELECT 1 FROM usage WHERE account_id = :id)"
        ),
        {"id": account_id},
    ).rowcount
    if gone:
        return
    identity = connection.execute(sql("SELECT identity FROM accounts WHERE id = :id"), {"id": account_id}).scalar_one()
    connection.execute(
        sql(
            "UPDATE accounts SET hidden_at = :now, state = 'disabled', reason = NULL, until_at = NULL, "
            "secrets = :nothing, tags = '[]', revision = revision + 1 WHERE id = :id"
        ),
        {"now": now, "nothing": box.seal({"password": ""}, row=f"account {identity}"), "id": account_id},
    )


def used_since(
    connection: Connection, database: Database, starts: Sequence[tuple[int, float, float]]
) -> dict[int, tuple[int, int]]:
    """(account, start of its hour, start of its day) -> account -> messages answered since then; one statement."""
    rows = connection.execute(
        sql(
            "SELECT r.id, "
            "(SELECT COALESCE(SUM(u.count), 0) FROM usage u WHERE u.account_id = r.id AND u.bucket >= r.hour) AS this_hour, "
            "(SELECT COALESCE(SUM(u.count), 0) FROM usage u WHERE u.account_id = r.id AND u.bucket >= r.day) AS today "
            f"FROM ({database.rows('starts', id='integer', hour='integer', day='integer')}) AS r"
        ),
        {"starts": json.dumps([[number, bucket_of(hour), bucket_of(day)] for number, hour, day in starts])},
    )
    return {row.id: (int(row.this_hour), int(row.today)) for row in rows}


def used_by_quarter(connection: Connection, account_id: int, *, since: float) -> list[tuple[float, int]]:
    """(start, messages answered) of each quarter of an hour since then in which there were any."""
    rows = connection.execute(
        sql(
            f"SELECT bucket / {_BUCKETS_PER_QUARTER} AS quarter, SUM(count) AS messages FROM usage "
            f"WHERE account_id = :id AND bucket >= :first GROUP BY bucket / {_BUCKETS_PER_QUARTER} ORDER BY quarter"
        ),
        {"id": account_id, "first": bucket_of(since)},
    )
    return [(float(row.quarter * QUARTER_SECONDS), int(row.messages)) for row in rows]


def host_of(connection: Connection, account_id: int, *, workspace_id: int) -> str | None:
    """The server that an account of this workspace sits on; deleted ones name it too."""
    return connection.execute(
        sql("SELECT host FROM accounts WHERE id = :id AND workspace_id = :workspace"),
        {"id": account_id, "workspace": workspace_id},
    ).scalar_one_or_none()


def _quoted(tag: str) -> str:
    return json.dumps(tag, ensure_ascii=False)


def _record(row: Any) -> AccountRecord:
    return AccountRecord(standing=standing_of(row), from_address=row.from_address, login=json.loads(row.login))
