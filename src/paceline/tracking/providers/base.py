"""What every provider's file offers, and the one refusal of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from paceline.domain.errors import PacelineError
from paceline.tracking.bounces import Report

MOST_EVENTS = 2000
"""Events of one request that are looked at."""


class NotGenuine(PacelineError):
    """A request that the provider has not signed, or signed too long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One thing that a provider reports. ``marks`` are texts in which our token or Message-ID may stand."""

    key: str
    report: Report
    marks: str


class Provider(Protocol):
    """One provider."""

    name: str
    """The last part of its URL."""

    async def read(self, headers: Mapping[str, str], body: bytes, *, now: float) -> list[ProviderEvent]:
        """The events of one request, whose header names are in lower case. Raises NotGenuine."""
