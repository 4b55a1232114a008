"""Shapes of segments."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from paceline.api.schemas.base import Answer, Instant, Request

Name = Annotated[str, Field(min_length=1, max_length=200)]
Filter = Annotated[
    dict[str, Any],
    Field(
        description="A tree of conditions: all, any, not, field, list, activity, email_domain; see the reference of segments.",
        examples=[{"all": []}],
    ),
]


class NewSegment(Request):
    """A segment to create."""

    name: Name
    filter: Filter


class ChangedSegment(Request):
    """What is to be changed; what is absent stays."""

    name: Name | None = None
    filter: Filter | None = None


class SegmentAnswer(Answer):
    """A stored filter."""

    id: str
    name: str
    filter: dict[str, Any]
    created_at: Instant
    updated_at: Instant


class FilterToCount(Request):
    """A filter that is not stored."""

    filter: Filter


class CountAnswer(Answer):
    """How many contacts match now."""

    number: int
    exact: bool = Field(description="False: there are at least so many; the time for counting was up.")
