"""Shapes of contacts and their subscriptions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.domain.contact import LONGEST_FIELD_NAME, MOST_FIELDS

SubscriptionStateName = Literal["unconfirmed", "confirmed", "unsubscribed"]

FieldName = Annotated[str, Field(min_length=1, max_length=LONGEST_FIELD_NAME)]
Fields = Annotated[
    dict[FieldName, Annotated[str, Field(max_length=65_536)]],
    Field(max_length=MOST_FIELDS, description="At most 64 KB of names and values together."),
]


class ContactRequest(Request):
    """A contact: an e-mail address, a phone number, or both, and its fields."""

    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=50, description="With + and the country code.")] | None = None
    fields: Fields = Field(default_factory=dict)


class ContactAnswer(Answer):
    """A contact."""

    id: str
    email: str | None
    phone: str | None
    fields: dict[str, str]
    created_at: Instant
    updated_at: Instant


class SubscriptionAnswer(Answer):
    """A contact's place on a list."""

    list_id: str
    list_name: str
    state: SubscriptionStateName
    source: str = Field(description="Who or what put it there: import, a person, the contact.")
    at: Instant


class SubscriptionsAnswer(Answer):
    """Every list that a contact is or was on."""

    items: list[SubscriptionAnswer]
