"""Shapes of lists."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request


class ListRequest(Request):
    """A list."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(max_length=2_000)] = ""
    consent: Annotated[
        str | None, Field(max_length=2_000, description="Why its contacts may be written to; null: none on record.")
    ] = None
    double_opt_in: Annotated[
        bool, Field(description="Whoever is added gets nothing until they have confirmed it themselves.")
    ] = False
    confirmation_template: Annotated[
        str | None,
        Field(
            max_length=100,
            description="The id of the template that asks people to confirm, with a link to contact.confirm_url; with one, "
            "people may join by themselves at /subscribe/{list_id}.",
        ),
    ] = None


class ListAnswer(Answer):
    """A list and how many contacts stand where on it."""

    id: str
    name: str
    description: str
    consent: str | None = Field(description="Null: no consent on record.")
    double_opt_in: bool
    confirmation_template: str | None = Field(description="Set: people may join by themselves.")
    confirmed: int
    unconfirmed: int
    unsubscribed: int
    created_at: Instant


class ListMembership(Request):
    """How a contact comes on a list."""

    explicitly: Annotated[
        bool,
        Field(
            description="The contact wants it: also one that has unsubscribed, and without a confirmation of its own."
        ),
    ] = False


class ConfirmationAnswer(Answer):
    """Whether a mail is on its way."""

    sent: bool = Field(description="False: the address got one lately, or gets nothing.")
