"""Shapes of webhooks, their deliveries, and of what people are told by mail."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.domain.event import CHOOSABLE

EventName = Annotated[
    str, Field(max_length=60, json_schema_extra={"enum": list(CHOOSABLE)}, description="See the reference of events.")
]
Events = Annotated[list[EventName], Field(max_length=50, description="Which events; none means all of them.")]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://example.com/hooks/paceline"])]
Description = Annotated[str, Field(max_length=200)]


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class NewWebhook(Request):
    """Where to send events."""

    url: Url
    events: Events = Field(default_factory=list)
    description: Description = ""


class WebhookChange(Request):
    """What is to change."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookAnswer(Answer):
    """A webhook without its secret."""

    id: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_reason: str | None = Field(description="Why Paceline switched it off by itself.")
    previous_secret_until: Instant | None = Field(description="Until then the secret before signs as well.")
    created_at: Instant


class WebhookMade(WebhookAnswer):
    """A webhook that has just been made."""

    secret: str = Field(description="Verifies the signatures; shown only in this answer.")


class NewWebhookSecret(Answer):
    """A new secret; the one before it signs as well for 24 hours."""

    secret: str = Field(description="Shown only in this answer.")
    previous_secret_until: Instant | None


class DeliveryAnswer(Answer):
    """One event on its way to a webhook."""

    id: str = Field(description="The webhook-id of the call, the same at every attempt.")
    event: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: Instant | None
    answer: str | None = Field(description="What the receiver said last, or why there was no answer.")
    body: dict[str, Any]
    created_at: Instant
    finished_at: Instant | None


class MailPreferencesAnswer(Answer):
    """What you are told by mail in this workspace."""

    events: list[str]
    mail_is_set_up: bool = Field(description="Whether the operator has named a server for mail.")


class MailChoice(Request):
    """The events to be told of by mail."""

    events: Annotated[list[EventName], Field(max_length=50)]
