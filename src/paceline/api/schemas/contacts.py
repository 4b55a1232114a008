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


class TimelineEntry(Answer):
    """One thing that happened to one message of a contact."""

    campaign: str = Field(description="The campaign's id.")
    campaign_key: str
    campaign_name: str
    address: str
    message: str = Field(description="The message's id.")
    at: str
    kind: str = Field(description='What happened: see the reference, "What happens to a message".')
    attempt: int | None = Field(description="Which attempt to deliver it was; null for what came back.")
    account: str | None
    doer: str | None = Field(description="Who opened or clicked: person, prefetch, proxy, scanner.")
    rule: str | None = Field(description="What recognised the doer, or the kind of a bounce.")
    link: int | None = Field(description="Which link was clicked.")
    url: str | None = Field(description="Where it leads, as the content has it.")
    detail: str | None = Field(description="A server's reply, a report's words, a program's name.")
