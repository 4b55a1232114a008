"""Shapes of what a person may ask for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request


class ErasureRequest(Request):
    """Who is to be erased."""

    address: Annotated[str, Field(min_length=1, max_length=320, description="An e-mail address or a phone number.")]


class ErasureAnswer(Answer):
    """An erasure; the address is not in it."""

    id: str
    requested_at: Instant
    done_at: Instant | None = Field(description="Null while something is left to do.")
    messages: int = Field(description="That were made nobody's so far; a campaign's counts stay as they are.")


class ErasuresAnswer(Answer):
    """One erasure for each of the person's addresses."""

    items: list[ErasureAnswer]
