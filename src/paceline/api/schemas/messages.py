"""Shapes of messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.content import Address, Fields

State = Literal["queued", "sending", "deferred", "sent", "failed", "skipped", "uncertain", "cancelled"]


class NewMessage(Request):
    """One message now."""

    template_id: Annotated[str, Field(max_length=100)]
    to: Address
    fields: Fields = Field(
        default_factory=dict, description="Fields of this message; they win over those of the contact, if there is one."
    )


class MessageAnswer(Answer):
    """A message and what became of it."""

    id: str
    address: str
    state: State
    account: str | None = Field(description="Which account has it, or had it last.")
    attempts: int
    message_id: str = Field(description="The Message-ID, the same on every attempt.")
    reply: str | None = Field(description="What the server said last.")
    at: Instant | None = Field(description="When the state changed last.")
    due_at: Instant | None = Field(description="When it is tried again.")
