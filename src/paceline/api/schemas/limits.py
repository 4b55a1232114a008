"""Shapes of limits above single accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request

Amount = Annotated[int, Field(ge=0, le=1_000_000_000, description="Messages per window; 0: no limit.")]


class LayerLimit(Request):
    """One layer with all its limits."""

    for_: Literal["workspace", "server", "campaign", "domain", "provider"] = Field(alias="for")
    name: Annotated[str, Field(max_length=253)] = Field(
        default="", description="The host, the campaign's key, the domain or the provider; none for the workspace."
    )
    minute_limit: Amount = 0
    hourly_limit: Amount = 0
    daily_limit: Amount = 0
    monthly_limit: Amount = 0
    window: Literal["calendar", "rolling"] = "calendar"
    timezone: Annotated[str, Field(max_length=60)] = "UTC"


class LayerLimitAnswer(Answer):
    """One layer; ``until_at`` and ``reason`` while it is full."""

    for_: str = Field(alias="for", serialization_alias="for")
    name: str
    minute_limit: int
    hourly_limit: int
    daily_limit: int
    monthly_limit: int
    window: str
    timezone: str
    reason: str | None
    until_at: Instant | None


class LayerLimits(Answer):
    """Every layer of the workspace that limits something."""

    items: list[LayerLimitAnswer]
