"""Shapes of suppressions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request

Channel = Literal["email", "whatsapp"]


class SuppressionAnswer(Answer):
    """An address that gets nothing."""

    address: str
    reason: str
    source: str
    created_at: Instant
    expires_at: Instant | None


class NewSuppressions(Request):
    """Addresses to suppress."""

    addresses: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=320)]], Field(min_length=1, max_length=1000)
    ]
    reason: Annotated[str, Field(min_length=1, max_length=200)] = "by hand"
    channel: Channel = "email"
    days: Annotated[float, Field(gt=0, le=36_500)] | None = Field(
        default=None, description="For how long; null: for ever."
    )


class SuppressionsAdded(Answer):
    """What came of it."""

    added: int = Field(description="How many were not on the list before.")


class SuppressionToLift(Request):
    """An address that may get messages again."""

    address: Annotated[str, Field(min_length=1, max_length=320)]
    channel: Channel = "email"


class SuppressionLifted(Answer):
    """What came of it."""

    lifted: bool = Field(description="False: it was not on the list.")


class RefusedSuppression(Answer):
    """A row of a file that is no suppression."""

    line: int
    reason: str


class SuppressionsImported(Answer):
    """What came of a file; ``rows`` is the sum of the other counts."""

    rows: int
    added: int
    known: int = Field(description="That were suppressed for as long or longer before, or stood in the file before.")
    refused: int
    refused_rows: list[RefusedSuppression] = Field(description="The first hundred.")
