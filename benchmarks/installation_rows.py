"""The rows of a large installation, written by SQL that both databases understand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.content.email import EmailContent
from paceline.domain.message import MessageState
from paceline.operations.context import Context
from paceline.store.database import sql
from paceline.store.sqlite import SqliteDatabase

SLOTS = 16
_ACCOUNTS_OF_A_CAMPAIGN = 20
_BUCKETS_OF_A_DAY = 300
_AUDIT_ROWS = 100_000
_SUPPRESSIONS = 100_000
_SEGMENTS = 60
_AT_ONCE = 50_000
_CONTENT = json.dumps(
    EmailContent(
        from_address="Ann Lee <ann@example.com>",
        subject="Hello {{ contact.first_name }}",
        campaign_key="campaign",
        html="<p>Spring is the time in which the whole team opens the windows.</p>\n" * 60,
        text="Spring is the time in which the whole team opens the windows.\n" * 10,
    ).to_json()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large an installation is."""

    campaigns: int = 1_000
    accounts: int = 1_000
    contacts: int = 100_000
    lists: int = 50


def _numbers(count: int, first: int = 1) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {first + count - 1})"


def parts_of(count: int) -> Iterator[tuple[int, int]]:
    """(first, how many) of each part that one statement writes."""
    for first in range(1, count + 1, _AT_ONCE):
        yield first, min(_AT_ONCE, count + 1 - first)


def fill(context: Context, size: Size) -> None:
    """A workspace with all of it; campaign 1 has every account, the last 20 are running, the 100 before are drafts."""
    now = context.clock.now()
    with context.queue.write_much() as connection:
        _accounts(connection, context, size, now)
        _campaigns(connection, size, now)
        _run(
            connection,
            f"{_numbers(_SUPPRESSIONS)} INSERT INTO suppressions (workspace_id, channel, address, reason, source, "
            "created_at) SELECT 1, 'email', 'gone' || i || '@example.com', 'hard bounce', 'campaign', :now FROM n",
            now=now,
        )
    messages(context, 1, 1_000, state=MessageState.SENT)
    contacts(context, size.contacts)
    with context.catalogue.write_much() as connection:
        _lists(connection, size, now)
        _others(connection, now)
    for database in (context.queue, context.catalogue):
        if not isinstance(database, SqliteDatabase):
            with database.write() as connection:
                connection.exec_driver_sql("ANALYZE")


def contacts(context: Context, count: int) -> None:
    """So many contacts with three fields."""
    fields = '\'{"first_name": "Ann", "city": "City\' || (i % 300) || \'", "plan": "\' || '
    fields += "(CASE WHEN i % 2 = 0 THEN 'pro' ELSE 'free' END) || '\"}'"
    kind = "text" if isinstance(context.catalogue, SqliteDatabase) else "jsonb"
    address = "'user' || i || '@example' || (i % 50) || '.com'"
    for first, number in parts_of(count):
        with context.catalogue.write_much() as connection:
            _run(
                connection,
                f"{_numbers(number, first)} INSERT INTO contacts (workspace_id, email, email_key, fields, created_at, "
                f"updated_at) SELECT 1, {address}, {address}, CAST({fields} AS {kind}), :now, :now FROM n",
                now=context.clock.now(),
            )


def _accounts(connection: Connection, context: Context, size: Size, now: float) -> None:
    login = json.dumps(
        {"host": "smtp.example.com", "port": 587, "security": "starttls", "username": "u", "oauth": None}
    )
    _run(
        connection,
        f"{_numbers(size.accounts)} INSERT INTO accounts (workspace_id, channel, identity, name, login, secrets, host, "
        "from_address, hourly_limit, daily_limit, rate_per_minute, max_connections, tags, state, until_at, reason) "
        "SELECT 1, 'email', 'smtp' || (i % 40) || '.example.com:587:user' || i, 'account-' || i, :login, NULL, "
        "'smtp' || (i % 40) || '.example.com', 'a' || i || '@example.com', 100, 1000, 10, 2, "
        "CASE WHEN i % 3 = 0 THEN '[\"warm\"]' ELSE '[]' END, "
        "CASE WHEN i % 10 = 0 THEN 'limited' ELSE 'ready' END, CASE WHEN i % 10 = 0 THEN :now + 3000 END, "
        "CASE WHEN i % 10 = 0 THEN 'its hourly limit is reached' END FROM n",
        login=login,
        now=now,
    )
    identities = connection.execute(sql("SELECT id, identity FROM accounts"))
    connection.execute(
        sql("UPDATE accounts SET secrets = :secrets WHERE id = :id"),
        [
            {"id": row.id, "secrets": context.box.seal({"password": "secret"}, row=f"account {row.identity}")}
            for row in identities.all()
        ],
    )
    day = int(now // 86_400) * 8_640
    for back in (0, 1):  # today up to now, and all of yesterday
        last = int(now // 10) if back == 0 else day
        first = max(day - back * 8_640, last - 8_640)
        step = max(1, (last - first) // _BUCKETS_OF_A_DAY)
        _run(
            connection,
            f"{_numbers(_BUCKETS_OF_A_DAY)} INSERT INTO usage (account_id, bucket, count) "
            "SELECT a.id, :last - i * :step, 1 + i % 3 FROM accounts a, n",
            last=last,
            step=step,
        )


def _campaigns(connection: Connection, size: Size, now: float) -> None:
    _run(
        connection,
        f"{_numbers(size.campaigns)} INSERT INTO campaigns (workspace_id, key, name, channel, status, kind, content, "
        "audience, message_id_domain, created_at, updated_at, started_at, launched_at, finished_at) "
        "SELECT 1, 'campaign-' || i, 'Campaign ' || i, 'email', "
        "CASE WHEN i > :running THEN 'running' WHEN i > :drafts THEN 'draft' ELSE 'completed' END, 'catalogue', "
        ":content, :audience, 'example.com', :now - 100000 + i, :now - 100000 + i, :now - 100000 + i, "
        ":now - 99000 + i, CASE WHEN i <= :drafts THEN :now - 98000 + i END FROM n",
        running=size.campaigns - 20,
        drafts=size.campaigns - 120,
        content=_CONTENT,
        audience=json.dumps({"lists": [1, 2], "segment": None, "exclude_lists": [], "exclude_segment": None}),
        now=now,
    )
    _run(
        connection,
        f"{_numbers(SLOTS)} INSERT INTO campaign_counters (campaign_id, slot, updated_at, sent, failed, queued) "
        "SELECT c.id, i, :now - 98000, 1000 + i, i, CASE WHEN c.status = 'running' THEN 100 ELSE 0 END "
        "FROM campaigns c, n WHERE c.status <> 'draft'",
        now=now,
    )
    _run(
        connection,
        f"{_numbers(_ACCOUNTS_OF_A_CAMPAIGN)} INSERT INTO campaign_accounts (campaign_id, account_id, position, sent) "
        "SELECT c.id, 1 + (c.id * 7 + i) % :accounts, i, 50 FROM campaigns c, n WHERE c.id > 1",
        accounts=size.accounts,
    )
    _run(
        connection,
        "INSERT INTO campaign_accounts (campaign_id, account_id, position, sent) SELECT 1, id, id, 1 FROM accounts",
    )


def messages(context: Context, campaign_id: int, count: int, *, state: MessageState, due: bool = False) -> None:
    """So many messages of one campaign in one state; ``due``: with a moment of their next attempt."""
    for first, number in parts_of(count):
        with context.queue.write_much() as connection:
            _run(
                connection,
                f"{_numbers(number, first)} INSERT INTO messages (campaign_id, contact_id, address, fields, state, "
                "attempt, at, due_at) SELECT :campaign, i, 'user' || i || '@example.com', '{\"first_name\": \"Ann\"}', "
                ":state, 1, :now, CASE WHEN :due = 1 THEN :now + 3600 + i * 0.001 END FROM n",
                campaign=campaign_id,
                state=int(state),
                now=context.clock.now(),
                due=int(due),
            )


def _lists(connection: Connection, size: Size, now: float) -> None:
    _run(
        connection,
        f"{_numbers(size.lists)} INSERT INTO lists (workspace_id, name, consent, confirmed, created_at) "
        "SELECT 1, 'List ' || i, 'asked at the till', :each, :now FROM n",
        each=size.contacts * 2 // size.lists,
        now=now,
    )
    for offset in (0, 1):  # everybody is on two lists
        _run(
            connection,
            "INSERT INTO subscriptions (list_id, contact_id, state, source, at) "
            "SELECT 1 + (c.id + :offset) % :lists, c.id, 1, 'import', :now FROM contacts c",
            offset=offset * 7,
            lists=size.lists,
            now=now,
        )


def _others(connection: Connection, now: float) -> None:
    _run(
        connection,
        f"{_numbers(_AUDIT_ROWS)} INSERT INTO audit (workspace_id, at, actor, actor_id, action, subject, detail) "
        "SELECT 1, :now - i, 'Ann', 'usr_1', CASE WHEN i % 1000 = 0 THEN 'campaign.start' ELSE 'contact.create' END, "
        "'con_' || i, '{}' FROM n",
        now=now,
    )
    _run(
        connection,
        f"{_numbers(_SEGMENTS)} INSERT INTO segments (workspace_id, name, filter, created_at, updated_at) "
        "SELECT 1, 'Segment ' || i, :filter, :now, :now FROM n",
        filter=json.dumps({"field": "plan", "equals": "pro"}),
        now=now,
    )


def _run(connection: Connection, words: str, **values: Any) -> None:
    connection.execute(sql(words), values)
