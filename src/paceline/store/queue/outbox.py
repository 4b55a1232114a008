"""At a worker: what its controller does not know yet. Triggers write it in the transaction of the change itself.

So no event can be lost or forgotten, whoever makes the change, and the engine need not know that it is away from home.
Only SQLite has the triggers: a worker's queue is its own file. A row says what has changed; how it stands is read when it
is reported, so that a message that changed twice is reported once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import Database, rows_json, sql

FROM_HOME = "home"
"""The source of suppressions that came from the controller: it need not hear of them."""

_COUNTED = 50_000
_OURS = "EXISTS (SELECT 1 FROM home_campaigns h WHERE h.campaign_id = NEW.{})"

_TRIGGERS = (
    f"""CREATE TRIGGER IF NOT EXISTS outbox_message AFTER UPDATE OF state ON messages
        WHEN NEW.state <> OLD.state AND NEW.state >= 3 AND {_OURS.format("campaign_id")} BEGIN
        INSERT INTO outbox (kind, campaign_id, message_id, at) VALUES ('message', NEW.campaign_id, NEW.id, NEW.at);
        END""",
    f"""CREATE TRIGGER IF NOT EXISTS outbox_fact AFTER INSERT ON facts WHEN {_OURS.format("campaign_id")} BEGIN
        INSERT INTO outbox (kind, campaign_id, message_id, name, key, urgent, at)
        VALUES ('fact', NEW.campaign_id, NEW.message_id, NEW.kind, NEW.key,
                NEW.kind IN ('unsubscribed', 'complained', 'resubscribed'), NEW.at);
        END""",
    f"""CREATE TRIGGER IF NOT EXISTS outbox_suppression AFTER INSERT ON suppressions
        WHEN NEW.source <> '{FROM_HOME}' BEGIN
        INSERT INTO outbox (kind, name, key, urgent, at)
        VALUES ('suppression', NEW.channel, NEW.address, NEW.source <> 'hard bounce', NEW.created_at);
        END""",
    f"""CREATE TRIGGER IF NOT EXISTS outbox_suppressed_again AFTER UPDATE ON suppressions
        WHEN NEW.source <> '{FROM_HOME}' BEGIN
        INSERT INTO outbox (kind, name, key, urgent, at)
        VALUES ('suppression', NEW.channel, NEW.address, NEW.source <> 'hard bounce', NEW.created_at);
        END""",
    f"""CREATE TRIGGER IF NOT EXISTS outbox_campaign AFTER UPDATE OF status ON campaigns
        WHEN NEW.status <> OLD.status AND {_OURS.format("id")} BEGIN
        INSERT INTO outbox (kind, campaign_id, name, urgent, at)
        VALUES ('campaign', NEW.id, NEW.status,
                NEW.status IN ('completed', 'stopped', 'paused', 'paused_health'), NEW.updated_at);
        END""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """How much waits to be told."""

    events: int
    urgent: bool
    last: int
    """The highest sequence that was ever given."""


def install(connection: Connection) -> None:
    """Make the triggers where they are missing. Only for SQLite."""
    for trigger in _TRIGGERS:
        connection.exec_driver_sql(trigger)


def pending(connection: Connection, *, acknowledged: int) -> Pending:
    """What waits behind the last acknowledged sequence."""
    last = connection.execute(sql("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")).scalar_one_or_none() or 0
    events = int(connection.execute(sql(f"SELECT COUNT(*) FROM (SELECT 1 FROM outbox LIMIT {_COUNTED})")).scalar_one())
    if events == _COUNTED:  # counting days of events several times a second would cost more than sending
        events = max(events, int(last) - acknowledged)
    urgent = connection.execute(sql("SELECT 1 FROM outbox WHERE urgent = 1 LIMIT 1")).one_or_none()
    return Pending(events=events, urgent=urgent is not None, last=int(last))


def unreported(connection: Connection, campaign_id: int) -> int:
    """How many events of a campaign wait."""
    statement = sql("SELECT COUNT(*) FROM outbox WHERE campaign_id = :id")
    return int(connection.execute(statement, {"id": campaign_id}).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events for one report. ``sequences`` are those of the urgent ones from behind ``upto``."""

    upto: int
    events: list[dict[str, Any]]
    ahead: list[int]


def read_batch(connection: Connection, database: Database, *, after: int, limit: int, incarnation: str) -> Batch:
    """The next events in order, and urgent ones from further on, ``limit`` together or a few more."""
    rows = connection.execute(
        sql("SELECT * FROM outbox WHERE sequence > :after ORDER BY sequence LIMIT :limit"),
        {"after": after, "limit": limit},
    ).all()
    upto = int(rows[-1].sequence) if rows else after
    ahead = connection.execute(
        sql(
            "SELECT * FROM outbox WHERE urgent = 1 AND kind IN ('fact', 'suppression') AND sequence > :upto "
            "ORDER BY sequence LIMIT 100"
        ),
        {"upto": upto},
    ).all()
    every = [*rows, *ahead]
    events = [
        *_messages(connection, database, every, incarnation),
        *_facts(connection, database, every, incarnation),
        *_suppressions(connection, every, incarnation),
        *_campaigns(connection, every, incarnation),
    ]
    return Batch(upto=upto, events=events, ahead=[int(row.sequence) for row in ahead])


def acknowledge(connection: Connection, upto: int, ahead: Sequence[int]) -> None:
    """Home has these: forget them. A second call changes nothing."""
    connection.execute(sql("UPDATE home SET acknowledged = :upto WHERE acknowledged < :upto"), {"upto": upto})
    connection.execute(sql("DELETE FROM outbox WHERE sequence <= :upto"), {"upto": upto})
    for sequence in ahead:
        connection.execute(sql("DELETE FROM outbox WHERE sequence = :one"), {"one": sequence})


def tell_all_again(connection: Connection) -> None:
    """Home has forgotten what it had acknowledged (its database went back): everything that is known here waits anew."""
    connection.execute(
        sql(
            "INSERT INTO outbox (kind, campaign_id, message_id, at) SELECT 'message', m.campaign_id, m.id, m.at "
            "FROM home_campaigns h JOIN messages m ON m.campaign_id = h.campaign_id WHERE m.state >= 3 ORDER BY m.id"
        )
    )
    connection.execute(
        sql(
            "INSERT INTO outbox (kind, campaign_id, message_id, name, key, at) SELECT 'fact', f.campaign_id, "
            "f.message_id, f.kind, f.key, f.at FROM home_campaigns h JOIN messages m ON m.campaign_id = h.campaign_id "
            "JOIN facts f ON f.message_id = m.id"
        )
    )
    connection.execute(
        sql(
            "INSERT INTO outbox (kind, name, key, at) SELECT 'suppression', channel, address, created_at "
            f"FROM suppressions WHERE source <> '{FROM_HOME}'"
        )
    )
    connection.execute(
        sql(
            "INSERT INTO outbox (kind, campaign_id, name, at) SELECT 'campaign', c.id, c.status, c.updated_at "
            "FROM home_campaigns h JOIN campaigns c ON c.id = h.campaign_id"
        )
    )


def tell_again(connection: Connection, remote_id: str) -> None:
    """Home misses something of a campaign: all its messages wait anew."""
    connection.execute(
        sql(
            "INSERT INTO outbox (kind, campaign_id, message_id, at) SELECT 'message', m.campaign_id, m.id, m.at "
            "FROM home_campaigns h JOIN messages m ON m.campaign_id = h.campaign_id AND m.state >= 3 "
            "WHERE h.remote_id = :id ORDER BY m.id"
        ),
        {"id": remote_id},
    )


_STATES = ("queued", "sending", "sending", "deferred", "sent", "failed", "skipped", "uncertain", "cancelled")


def _messages(
    connection: Connection, database: Database, rows: Sequence[Any], incarnation: str
) -> list[dict[str, Any]]:
    """The latest row of each message, with how it stands now."""
    latest = {row.message_id: row.sequence for row in rows if row.kind == "message"}
    if not latest:
        return []
    ids = database.rows("rows", id="integer")
    found = database.fetch(
        connection,
        sql(
            "SELECT m.id, m.contact_id, m.state, m.attempt, m.reply, m.at, a.identity, h.remote_id, h.released "
            "FROM messages m JOIN home_campaigns h ON h.campaign_id = m.campaign_id "
            f"LEFT JOIN accounts a ON a.id = m.account_id WHERE m.id IN ({ids})"
        ),
        {"rows": rows_json([number] for number in latest)},
    )
    events = [
        {
            "id": f"{incarnation}.{latest[number]}",
            "type": "message",
            "campaign": remote_id,
            "recipient": recipient,
            "state": "released" if released and state == 8 else _STATES[state],
            "attempts": attempt,
            "account": identity,
            "reply": reply,
            "at": at or 0.0,
        }
        for number, recipient, state, attempt, reply, at, identity, remote_id, released in found
    ]
    return sorted(events, key=lambda event: int(event["id"].rpartition(".")[2]))


def _facts(connection: Connection, database: Database, rows: Sequence[Any], incarnation: str) -> list[dict[str, Any]]:
    wanted = {(row.message_id, row.name, row.key): row.sequence for row in rows if row.kind == "fact"}
    if not wanted:
        return []
    keys = database.rows("rows", message_id="integer", kind="text", key="text")
    found = connection.execute(
        sql(
            "SELECT f.message_id, f.kind, f.key, f.at, f.doer, f.rule, f.link, f.detail, m.contact_id, h.remote_id "
            f"FROM ({keys}) AS r JOIN facts f ON f.message_id = r.message_id AND f.kind = r.kind AND f.key = r.key "
            "JOIN messages m ON m.id = f.message_id JOIN home_campaigns h ON h.campaign_id = m.campaign_id"
        ),
        {"rows": rows_json(map(list, wanted))},
    )
    return [
        {
            "id": f"{incarnation}.{wanted[row.message_id, row.kind, row.key]}",
            "type": "fact",
            "campaign": row.remote_id,
            "recipient": row.contact_id,
            "kind": row.kind,
            "at": row.at,
            "doer": row.doer,
            "rule": row.rule,
            "link": row.link,
            "detail": row.detail,
        }
        for row in found
    ]


def _suppressions(connection: Connection, rows: Sequence[Any], incarnation: str) -> list[dict[str, Any]]:
    events = []
    for row in rows:
        if row.kind != "suppression":
            continue
        found = connection.execute(
            sql(
                "SELECT address, reason, source, created_at, expires_at FROM suppressions "
                "WHERE channel = :channel AND address = :address"
            ),
            {"channel": row.name, "address": row.key},
        ).first()
        if found is not None:
            events.append(
                {
                    "id": f"{incarnation}.{row.sequence}",
                    "type": "suppression",
                    "channel": row.name,
                    "address": found.address,
                    "reason": found.reason,
                    "detail": found.source,
                    "at": found.created_at,
                    "expires_at": found.expires_at,
                }
            )
    return events


def _campaigns(connection: Connection, rows: Sequence[Any], incarnation: str) -> list[dict[str, Any]]:
    latest = {row.campaign_id: row.sequence for row in rows if row.kind == "campaign"}
    events = []
    for campaign_id, sequence in sorted(latest.items(), key=lambda pair: pair[1]):
        found = connection.execute(
            sql(
                "SELECT h.remote_id, c.status, c.pause_reason, c.resumes_at, c.updated_at FROM home_campaigns h "
                "JOIN campaigns c ON c.id = h.campaign_id WHERE h.campaign_id = :id"
            ),
            {"id": campaign_id},
        ).first()
        if found is not None:
            events.append(
                {
                    "id": f"{incarnation}.{sequence}",
                    "type": "campaign",
                    "campaign": found.remote_id,
                    "state": found.status,
                    "reason": found.pause_reason,
                    "resumes_at": found.resumes_at,
                    "at": found.updated_at,
                }
            )
    return events
