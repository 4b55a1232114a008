"""Shapes of what failed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Request


class CauseAnswer(Answer):
    """One cause and what it took."""

    cause: str = Field(description="The reply without addresses, ids and long numbers.")
    messages: int
    accounts: dict[str, int] = Field(description="Account -> messages; an empty name: no account had them.")
    example: str = Field(description="One reply word for word.")


class FailuresAnswer(Answer):
    """What failed, the most frequent cause first."""

    causes: list[CauseAnswer]
    exact: bool = Field(description="False: there are more different replies than were looked at.")


class RetryRequest(Request):
    """What is to be tried again."""

    cause: Annotated[str, Field(max_length=4_000)] | None = Field(
        default=None, description="One of the list of failures; absent: every failed message."
    )


class RetryAnswer(Answer):
    """How many messages are back in the queue."""

    retried: int
