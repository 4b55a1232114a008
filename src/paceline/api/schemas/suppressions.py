"""Shapes of suppressions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request


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


class SuppressionsAdded(Answer):
    """What came of it."""

    added: int = Field(description="How many were not on the list before.")


class SuppressionToLift(Request):
    """An address that may get messages again."""

    address: Annotated[str, Field(min_length=1, max_length=320)]


class SuppressionLifted(Answer):
    """What came of it."""

    lifted: bool = Field(description="False: it was not on the list.")
