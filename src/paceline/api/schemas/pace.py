"""Shapes of ramps and sending windows that are looked at before they are stored."""

from __future__ import annotations

from pydantic import Field

from paceline.api.schemas.accounts import WarmUpText
from paceline.api.schemas.base import Answer, Instant, Request
from paceline.api.schemas.campaigns import WindowFields


class RampRequest(Request):
    """A ramp as an account would have it."""

    warm_up: WarmUpText


class RampAnswer(Answer):
    """What it comes to."""

    days: list[int] = Field(description="Messages on each of its first days, 60 at most; its last day is the last.")
    ends: bool = Field(description="Whether nothing limits the account any more after the last of these days.")


class WindowRequest(Request):
    """A window as a campaign would have it."""

    window: WindowFields


class WindowAnswer(Answer):
    """What it comes to, on the campaign's own clock."""

    is_open: bool
    opens_at: Instant | None = Field(description="When it opens, now while it is open; null: not within two years.")
    closes_at: Instant | None = Field(description="When it closes after that; null: not within a year.")
    minutes_a_week: int = Field(description="How long it is open in a week without holidays.")
