"""Shapes of hosted files."""

from __future__ import annotations

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant


class FileAnswer(Answer):
    """One file."""

    id: str
    name: str
    media_type: str
    size: int = Field(description="Bytes.")
    url: str = Field(description="Where it is shown, for src and href in messages; path alone below another name.")
    path: str
    created_at: Instant
