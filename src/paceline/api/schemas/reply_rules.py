"""Shapes of reply rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request


class ReplyPattern(Request):
    """Which answers a rule is about: of `code`, `enhanced` and `text` those that are given must all match."""

    code: Annotated[str, Field(max_length=10)] = Field(default="", description='Such as "421" or "4*".')
    enhanced: Annotated[str, Field(max_length=12)] = Field(default="", description='Such as "4.7.28" or "4.7.*".')
    text: Annotated[str, Field(max_length=200)] = Field(
        default="", description="Anywhere in the answer, in any case; `*` stands for anything between two parts."
    )


class TriedPattern(ReplyPattern):
    """A pattern, and what a provider has answered or might answer, as failures show it."""

    answer: Annotated[str, Field(max_length=2000)]


class TriedAnswer(Answer):
    """Whether the pattern matches."""

    matches: bool


class ReplyRule(ReplyPattern):
    """One rule."""

    name: Annotated[str, Field(max_length=100)]
    count_by: Literal["account", "server", "domain", "campaign"] = "account"
    after: Annotated[int, Field(ge=1, le=1_000_000, description="Acts with so many answers.")] = 1
    within_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60
    action: Literal["suspend", "lower", "pause"] = "suspend"
    for_seconds: Annotated[float, Field(ge=1, le=2_592_000)] | None = Field(
        default=None, description="How long; 600 where it is not given."
    )
    share: Annotated[float, Field(ge=0.01, le=0.99)] | None = Field(
        default=None, description="To which share of the pace it is lowered; a half where it is not given."
    )


class HeldBack(Answer):
    """What a rule holds back now; `rate_per_minute` null: nothing is sent."""

    what: str
    name: str
    rate_per_minute: float | None
    reason: str
    until_at: Instant


class ReplyRuleAnswer(Answer):
    """One rule, and what it holds back now."""

    id: str
    name: str
    code: str
    enhanced: str
    text: str
    count_by: str
    after: int
    within_seconds: float
    action: str
    for_seconds: float
    share: float
    holds: list[HeldBack]


class ReplyRules(Answer):
    """Every rule of the workspace by name."""

    items: list[ReplyRuleAnswer]
