"""Webhooks: where a workspace wants to hear of events, and the sealed secrets that sign what it hears."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paceline.store.database import sql
from paceline.store.secrets import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """A webhook without its secrets. No ``events`` means all of them."""

    id: int
    url: str
    description: str
    events: tuple[str, ...]
    enabled: bool
    disabled_reason: str | None
    previous_until_at: float | None
    created_at: float


_COLUMNS = "id, url, description, events, enabled, disabled_reason, previous_until_at, created_at"


def create(
    connection: Connection,
    box: SecretBox,
    *,
    workspace_id: int,
    url: str,
    description: str,
    events: Sequence[str],
    secret: str,
    now: float,
) -> int:
    """A new webhook; returns its number."""
    number = connection.execute(
        sql(
            "INSERT INTO webhooks (workspace_id, url, description, events, secret, created_at) "
            "VALUES (:workspace, :url, :description, :events, :nothing, :now) RETURNING id"
        ),
        {
            "workspace": workspace_id,
            "url": url,
            "description": description,
            "events": json.dumps(list(events)),
            "nothing": b"",  # sealed below: the seal is bound to the number
            "now": now,
        },
    ).scalar_one()
    _keep(connection, box, int(number), {"secret": secret}, previous_until_at=None)
    return int(number)


def every(connection: Connection, *, workspace_id: int, after: int, limit: int) -> list[WebhookRow]:
    """The webhooks of a workspace in the order they were made, after a cursor (the ``id`` of the last one seen)."""
    rows = connection.execute(
        sql(
            f"SELECT {_COLUMNS} FROM webhooks WHERE workspace_id = :workspace AND id > :after ORDER BY id LIMIT :limit"
        ),
        {"workspace": workspace_id, "after": after, "limit": limit},
    )
    return [_webhook(row) for row in rows]


def get(connection: Connection, webhook_id: int, *, workspace_id: int) -> WebhookRow | None:
    """One webhook of a workspace."""
    row = connection.execute(
        sql(f"SELECT {_COLUMNS} FROM webhooks WHERE id = :id AND workspace_id = :workspace"),
        {"id": webhook_id, "workspace": workspace_id},
    ).one_or_none()
    return None if row is None else _webhook(row)


def count(connection: Connection, *, workspace_id: int) -> int:
    """How many webhooks a workspace has."""
    statement = sql("SELECT COUNT(*) FROM webhooks WHERE workspace_id = :workspace")
    return int(connection.execute(statement, {"workspace": workspace_id}).scalar_one())


def change(
    connection: Connection, webhook_id: int, *, url: str, description: str, events: Sequence[str], enabled: bool
) -> None:
    """Give a webhook these values; switching it on forgets why it was off."""
    connection.execute(
        sql(
            "UPDATE webhooks SET url = :url, description = :description, events = :events, enabled = :enabled, "
            "disabled_reason = CASE WHEN :enabled = 1 THEN NULL ELSE disabled_reason END WHERE id = :id"
        ),
        {
            "url": url,
            "description": description,
            "events": json.dumps(list(events)),
            "enabled": int(enabled),
            "id": webhook_id,
        },
    )


def disable(connection: Connection, webhook_id: int, *, reason: str) -> None:
    """Switch a webhook off because its receiver wants no more; what waits for it is given up."""
    connection.execute(
        sql("UPDATE webhooks SET enabled = 0, disabled_reason = :reason WHERE id = :id AND enabled = 1"),
        {"reason": reason, "id": webhook_id},
    )


def delete_some(connection: Connection, webhook_id: int, *, limit: int = 500) -> bool:
    """Delete a webhook with its delivery log, some entries at a time; True once it is gone."""
    gone = connection.execute(
        sql(
            "DELETE FROM notifications WHERE id IN "
            "(SELECT id FROM notifications WHERE webhook_id = :id ORDER BY id LIMIT :limit)"
        ),
        {"id": webhook_id, "limit": limit},
    ).rowcount
    if gone == limit:
        return False
    connection.execute(sql("DELETE FROM webhooks WHERE id = :id"), {"id": webhook_id})
    return True


def rotate(connection: Connection, box: SecretBox, webhook_id: int, *, secret: str, previous_until_at: float) -> None:
    """Sign with a new secret from now on, and with the one before it as well for a while."""
    kept = _secrets(connection, box, webhook_id)
    _keep(
        connection,
        box,
        webhook_id,
        {"secret": secret, "previous": kept["secret"]},
        previous_until_at=previous_until_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What a delivery needs of a webhook: where to, and the secrets that sign now, the newest first."""

    url: str
    enabled: bool
    secrets: tuple[str, ...]


def receiver(connection: Connection, box: SecretBox, webhook_id: int, *, now: float) -> Receiver | None:
    """A webhook as a delivery needs it; None when it was deleted."""
    statement = sql("SELECT url, enabled, previous_until_at FROM webhooks WHERE id = :id")
    row: Any = connection.execute(statement, {"id": webhook_id}).one_or_none()
    if row is None:
        return None
    kept = _secrets(connection, box, webhook_id)
    valid = [kept["secret"]]
    if row.previous_until_at is not None and row.previous_until_at > now and "previous" in kept:
        valid.append(kept["previous"])
    return Receiver(url=row.url, enabled=row.enabled == 1, secrets=tuple(valid))


def _secrets(connection: Connection, box: SecretBox, webhook_id: int) -> dict[str, str]:
    sealed = connection.execute(sql("SELECT secret FROM webhooks WHERE id = :id"), {"id": webhook_id}).scalar_one()
    return box.open(bytes(sealed), row=f"webhook {webhook_id}")


def _keep(
    connection: Connection,
    box: SecretBox,
    webhook_id: int,
    secrets: dict[str, str],
    *,
    previous_until_at: float | None,
) -> None:
    connection.execute(
        sql("UPDATE webhooks SET secret = :secret, previous_until_at = :until WHERE id = :id"),
        {"secret": box.seal(secrets, row=f"webhook {webhook_id}"), "until": previous_until_at, "id": webhook_id},
    )


def _webhook(row: Any) -> WebhookRow:
    values = dict(row._mapping)
    return WebhookRow(**{**values, "events": tuple(json.loads(values["events"])), "enabled": values["enabled"] == 1})
