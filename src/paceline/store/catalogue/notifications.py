"""Notifications: one fact on its way to one receiver, a webhook or a person's mailbox; kept as the delivery log.

A fact has a key, and a receiver gets no fact twice: telling it again changes nothing. A delivery is claimed by counting
its attempt before it is made, so that a process that dies in between has it made again at the next step of the schedule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import Database, sql


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotification:
    """A delivery whose time has come. Exactly one of ``webhook_id`` and ``user_id`` is set."""

    id: int
    workspace_id: int
    webhook_id: int | None
    user_id: int | None
    event: str
    body: str
    attempts: int
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """An entry of the delivery log. ``due_at`` is None once it is delivered or given up."""

    id: int
    event: str
    body: str
    status: str
    attempts: int
    due_at: float | None
    answer: str | None
    created_at: float
    finished_at: float | None


_LOGGED = "id, event, body, status, attempts, due_at, answer, created_at, finished_at"
_LOOKED_AT = 1000  # of what is due: a receiver that fills it is busy at the next look
_RECEIVER = "COALESCE(n.webhook_id, -n.user_id)"


def tell(connection: Connection, *, workspace_id: int, event: str, event_key: str, body: str, now: float) -> None:
    """Queue a fact for every webhook and every member of a workspace that want to hear of it.

    ``body`` is the JSON text that all of them get. A second call with the same key changes nothing.
    """
    values = {"workspace": workspace_id, "event": event, "key": event_key, "body": body, "now": now}
    for receiver, source in (("webhook_id", _webhooks), ("user_id", _people)):
        for number in source(connection, workspace_id, event):
            _queue(connection, {**values, "receiver": number}, receiver)


def tell_webhook(
    connection: Connection, *, workspace_id: int, webhook_id: int, event: str, event_key: str, body: str, now: float
) -> int:
    """Queue a fact for one webhook, whatever it has chosen; returns the number of the delivery."""
    values = {"workspace": workspace_id, "event": event, "key": event_key, "body": body, "now": now}
    _queue(connection, {**values, "receiver": webhook_id}, "webhook_id")
    found = sql("SELECT id FROM notifications WHERE webhook_id = :webhook AND event_key = :key")
    return int(connection.execute(found, {"webhook": webhook_id, "key": event_key}).scalar_one())


def _webhooks(connection: Connection, workspace_id: int, event: str) -> list[int]:
    rows = connection.execute(
        sql("SELECT id, events FROM webhooks WHERE workspace_id = :workspace AND enabled = 1 ORDER BY id"),
        {"workspace": workspace_id},
    )
    return [row.id for row in rows if (chosen := json.loads(row.events)) == [] or event in chosen]


def _people(connection: Connection, workspace_id: int, event: str) -> list[int]:
    rows = connection.execute(
        sql(
            "SELECT m.user_id, m.mail_events FROM members m JOIN users u ON u.id = m.user_id "
            "WHERE m.workspace_id = :workspace AND m.mail_events <> '[]' AND u.disabled_at IS NULL ORDER BY m.user_id"
        ),
        {"workspace": workspace_id},
    )
    return [row.user_id for row in rows if event in json.loads(row.mail_events)]


def _queue(connection: Connection, values: dict[str, Any], receiver: str) -> None:
    connection.execute(
        sql(
            f"INSERT INTO notifications (workspace_id, {receiver}, event, event_key, body, due_at, status, created_at) "
            "VALUES (:workspace, :receiver, :event, :key, :body, :now, 'waiting', :now) ON CONFLICT DO NOTHING"
        ),
        values,
    )


def due(
    connection: Connection, database: Database, *, now: float, busy: Sequence[tuple[int | None, int | None]], limit: int
) -> list[DueNotification]:
    """Deliveries whose time has come, the longest due first, at most two for each receiver.

    Those for ``busy`` receivers, (webhook, user) pairs, are left out: a slow one must not fill the list.
    """
    receivers = [[webhook if webhook is not None else -(user or 0)] for webhook, user in busy]
    rows = connection.execute(
        sql(
            "SELECT id, workspace_id, webhook_id, user_id, event, body, attempts, created_at FROM ("
            "SELECT w.*, ROW_NUMBER() OVER (PARTITION BY receiver ORDER BY due_at, id) AS place FROM ("
            f"SELECT n.*, {_RECEIVER} AS receiver FROM notifications n WHERE n.due_at IS NOT NULL AND n.due_at <= :now "
            f"AND {_RECEIVER} NOT IN ({database.rows('busy', receiver='integer')}) "
            f"ORDER BY n.due_at LIMIT {_LOOKED_AT}) AS w"
            ") AS queue WHERE place <= 2 ORDER BY due_at, id LIMIT :limit"
        ),
        {"now": now, "busy": json.dumps(receivers), "limit": limit},
    )
    return [DueNotification(**row._mapping) for row in rows]


def claim(connection: Connection, notification: DueNotification, *, now: float, again_at: float) -> bool:
    """Count an attempt that is about to be made; False when another process was faster.

    Unless its end is recorded it is made again at ``again_at``.
    """
    return (
        connection.execute(
            sql(
                "UPDATE notifications SET attempts = attempts + 1, due_at = :again WHERE id = :id "
                "AND attempts = :attempts AND due_at IS NOT NULL AND due_at <= :now"
            ),
            {"again": again_at, "id": notification.id, "attempts": notification.attempts, "now": now},
        ).rowcount
        == 1
    )


def finish(connection: Connection, notification_id: int, *, attempt: int, status: str, answer: str, now: float) -> None:
    """The delivery has ended: ``delivered`` or ``failed``. An attempt that is not the latest any more says nothing."""
    connection.execute(
        sql(
            "UPDATE notifications SET status = :status, due_at = NULL, answer = :answer, finished_at = :now "
            "WHERE id = :id AND attempts = :attempt"
        ),
        {"status": status, "answer": answer, "now": now, "id": notification_id, "attempt": attempt},
    )


def put_off(connection: Connection, notification_id: int, *, attempt: int, answer: str, again_at: float) -> None:
    """The attempt failed, and there will be another one."""
    connection.execute(
        sql("UPDATE notifications SET due_at = :again, answer = :answer WHERE id = :id AND attempts = :attempt"),
        {"again": again_at, "answer": answer, "id": notification_id, "attempt": attempt},
    )


def again(connection: Connection, notification_id: int, *, webhook_id: int, now: float) -> bool:
    """Deliver an ended one once more, under the same id; False when there is none of this webhook that has ended."""
    return (
        connection.execute(
            sql(
                "UPDATE notifications SET status = 'waiting', attempts = 0, due_at = :now, finished_at = NULL "
                "WHERE id = :id AND webhook_id = :webhook AND due_at IS NULL"
            ),
            {"now": now, "id": notification_id, "webhook": webhook_id},
        ).rowcount
        == 1
    )


def log(
    connection: Connection, *, webhook_id: int, before: int | None, status: str | None, limit: int
) -> list[NotificationRow]:
    """The deliveries of a webhook, the newest first, from before a cursor on (the ``id`` of the last one seen)."""
    where = "webhook_id = :webhook"
    values: dict[str, Any] = {"webhook": webhook_id, "limit": limit}
    if before is not None:
        where, values = f"{where} AND id < :before", {**values, "before": before}
    if status is not None:
        where, values = f"{where} AND status = :status", {**values, "status": status}
    rows = connection.execute(
        sql(f"SELECT {_LOGGED} FROM notifications WHERE {where} ORDER BY id DESC LIMIT :limit"), values
    )
    return [NotificationRow(**row._mapping) for row in rows]


def entry(connection: Connection, notification_id: int, *, webhook_id: int) -> NotificationRow | None:
    """One delivery of a webhook."""
    row = connection.execute(
        sql(f"SELECT {_LOGGED} FROM notifications WHERE id = :id AND webhook_id = :webhook"),
        {"id": notification_id, "webhook": webhook_id},
    ).one_or_none()
    return None if row is None else NotificationRow(**row._mapping)


def prune(connection: Connection, *, before: float, limit: int = 500) -> int:
    """Forget ended deliveries that are older than ``before``, some at a time; returns how many."""
    statement = (
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE created_at < :before "
        "AND due_at IS NULL ORDER BY created_at LIMIT :limit)"
    )
    return connection.execute(sql(statement), {"before": before, "limit": limit}).rowcount


def mail_address(connection: Connection, user_id: int, *, workspace_id: int) -> str | None:
    """Where a member's mail goes; None when the person has left or may not come in any more."""
    return connection.execute(
        sql(
            "SELECT u.email FROM users u JOIN members m ON m.user_id = u.id AND m.workspace_id = :workspace "
            "WHERE u.id = :id AND u.disabled_at IS NULL"
        ),
        {"id": user_id, "workspace": workspace_id},
    ).scalar_one_or_none()


def mail_events(connection: Connection, user_id: int, *, workspace_id: int) -> tuple[str, ...] | None:
    """What a member is told by mail; None when there is no such member."""
    found = connection.execute(
        sql("SELECT mail_events FROM members WHERE workspace_id = :workspace AND user_id = :user"),
        {"workspace": workspace_id, "user": user_id},
    ).scalar_one_or_none()
    return None if found is None else tuple(json.loads(found))


def choose_mail_events(connection: Connection, user_id: int, events: Sequence[str], *, workspace_id: int) -> None:
    """Tell a member of these events by mail, and of no others."""
    connection.execute(
        sql("UPDATE members SET mail_events = :events WHERE workspace_id = :workspace AND user_id = :user"),
        {"events": json.dumps(list(events)), "workspace": workspace_id, "user": user_id},
    )


def workspaces(connection: Connection) -> list[int]:
    """Every workspace, for what concerns them all."""
    return list(connection.execute(sql("SELECT id FROM workspaces ORDER BY id")).scalars())
