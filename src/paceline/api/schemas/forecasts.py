"""Shapes of forecasts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.campaigns import Id, Rate

_Limit = Annotated[int, Field(ge=0, le=1_000_000_000, description="Of every account; 0 is unlimited.")]


class WhatIfRequest(Request):
    """What would be different; what is absent is as it is."""

    start_at: (
        Annotated[str, Field(max_length=50, description="A local time of the zone, or an instant with Z.")] | None
    ) = None
    timezone: Annotated[str, Field(max_length=60, description="The zone of start_at.")] = "UTC"
    more_accounts: Annotated[
        int, Field(ge=0, le=10_000, description="So many more with the settings of the campaign's last one.")
    ] = 0
    accounts: list[Id] = Field(default_factory=list, max_length=1000, description="Accounts that would send as well.")
    minute_limit: _Limit | None = None
    hourly_limit: _Limit | None = None
    daily_limit: _Limit | None = None
    monthly_limit: _Limit | None = None
    rate_per_minute: Rate | None = None


class MomentAnswer(Answer):
    """From here on the campaign is in this status."""

    at: Instant
    status: str
    reason: str | None


class DayAnswer(Answer):
    """What is sent on a day."""

    date: str
    messages: int


class AccountShareAnswer(Answer):
    """What an account sends of what is left."""

    name: str
    messages: int


class ForecastAnswer(Answer):
    """When a campaign will finish, and what happens on the way."""

    finish_at: Instant | None = Field(description="Null: not by itself.")
    finish_range: list[Instant] | None = Field(description="The earliest and the latest likely finish.")
    total: int
    bottleneck: str
    timeline: list[MomentAnswer]
    per_day: list[DayAnswer] = Field(description="By dates of `timezone`.")
    per_account: list[AccountShareAnswer]
    timezone: str
