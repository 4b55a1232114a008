"""Webhooks over HTTP: where events go, and the log of what became of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from paceline.api.asked import Asked
from paceline.api.pagination import USUAL_LIMIT, Cursor, Limit, Page, page, text_after
from paceline.api.routing import Routes
from paceline.api.schemas.webhooks import (
    DeliveryAnswer,
    DeliveryStatus,
    NewWebhook,
    NewWebhookSecret,
    WebhookAnswer,
    WebhookChange,
    WebhookMade,
)
from paceline.domain.permission import Permission
from paceline.operations.notifications import webhooks
from paceline.operations.notifications.webhooks import Delivery, Webhook

routes = Routes(tag="webhooks")


@routes.get("/webhooks", permission=Permission.WEBHOOKS_READ)
def list_webhooks(asked: Asked, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Page[WebhookAnswer]:
    """The webhooks of this workspace in the order they were made."""
    rows = webhooks.list_webhooks(asked.context, after=text_after(cursor), limit=limit + 1)
    return page(rows, limit, position=lambda row: row.id, model=lambda row: WebhookAnswer(**_fields(row)))


@routes.post("/webhooks", permission=Permission.WEBHOOKS_WRITE, status=HTTPStatus.CREATED)
def create_webhook(asked: Asked, new: NewWebhook) -> WebhookMade:
    """Send events to a URL from now on, signed with a secret that is shown only in this answer."""
    made, secret = webhooks.create(asked.context, url=new.url, events=new.events, description=new.description)
    asked.audit("webhook.create", made.id, url=made.url, events=made.events)
    return WebhookMade(**_fields(made), secret=secret)


@routes.get("/webhooks/{webhook_id}", permission=Permission.WEBHOOKS_READ)
def show_webhook(asked: Asked, webhook_id: str) -> WebhookAnswer:
    """One webhook."""
    return WebhookAnswer(**_fields(webhooks.get(asked.context, webhook_id)))


@routes.patch("/webhooks/{webhook_id}", permission=Permission.WEBHOOKS_WRITE)
def change_webhook(asked: Asked, webhook_id: str, change: WebhookChange) -> WebhookAnswer:
    """Change what is given; deliveries that wait go where the webhook then leads."""
    changed = webhooks.change(
        asked.context,
        webhook_id,
        url=change.url,
        events=change.events,
        description=change.description,
        enabled=change.enabled,
    )
    asked.audit("webhook.change", webhook_id, **change.model_dump(exclude_none=True))
    return WebhookAnswer(**_fields(changed))


@routes.delete("/webhooks/{webhook_id}", permission=Permission.WEBHOOKS_WRITE)
def delete_webhook(asked: Asked, webhook_id: str) -> None:
    """Delete a webhook with its log; what waits for it is not sent."""
    webhooks.delete(asked.context, webhook_id)
    asked.audit("webhook.delete", webhook_id)


@routes.post("/webhooks/{webhook_id}/secret", permission=Permission.WEBHOOKS_WRITE, status=HTTPStatus.CREATED)
def rotate_webhook_secret(asked: Asked, webhook_id: str) -> NewWebhookSecret:
    """Make a new secret; calls are signed with both for 24 hours."""
    secret = webhooks.rotate_secret(asked.context, webhook_id)
    asked.audit("webhook.rotate", webhook_id)
    until = webhooks.get(asked.context, webhook_id).previous_secret_until
    return NewWebhookSecret(secret=secret, previous_secret_until=until)


@routes.post("/webhooks/{webhook_id}/test", permission=Permission.WEBHOOKS_WRITE, status=HTTPStatus.CREATED)
def test_webhook(asked: Asked, webhook_id: str) -> DeliveryAnswer:
    """Send a webhook.test event to this webhook; look at the delivery to see what came of it."""
    return DeliveryAnswer(**_delivery(webhooks.test_call(asked.context, webhook_id)))


@routes.get("/webhooks/{webhook_id}/deliveries", permission=Permission.WEBHOOKS_READ)
def list_deliveries(
    asked: Asked,
    webhook_id: str,
    limit: Limit = USUAL_LIMIT,
    cursor: Cursor = None,
    status: DeliveryStatus | None = None,
) -> Page[DeliveryAnswer]:
    """What was sent to a webhook, the newest first."""
    rows = webhooks.deliveries(
        asked.context,
        webhook_id,
        before=text_after(cursor),
        status=None if status is None else str(status),
        limit=limit + 1,
    )
    return page(rows, limit, position=lambda row: row.id, model=lambda row: DeliveryAnswer(**_delivery(row)))


@routes.get("/webhooks/{webhook_id}/deliveries/{delivery_id}", permission=Permission.WEBHOOKS_READ)
def show_delivery(asked: Asked, webhook_id: str, delivery_id: str) -> DeliveryAnswer:
    """One delivery of a webhook."""
    return DeliveryAnswer(**_delivery(webhooks.get_delivery(asked.context, webhook_id, delivery_id)))


@routes.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", permission=Permission.WEBHOOKS_WRITE)
def redeliver(asked: Asked, webhook_id: str, delivery_id: str) -> DeliveryAnswer:
    """Send an ended delivery once more, with the same id."""
    again = webhooks.redeliver(asked.context, webhook_id, delivery_id)
    asked.audit("webhook.redeliver", delivery_id)
    return DeliveryAnswer(**_delivery(again))


def _fields(row: Webhook) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "events": list(row.events),
        "description": row.description,
        "enabled": row.enabled,
        "disabled_reason": row.disabled_reason,
        "previous_secret_until": row.previous_secret_until,
        "created_at": row.created_at,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event,
        "status": DeliveryStatus(row.status),
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at,
        "answer": row.answer,
        "body": row.body,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }
