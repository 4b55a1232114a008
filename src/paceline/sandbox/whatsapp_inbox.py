"""What arrived at the WhatsApp simulator, and what limits it keeps: the simulator's own arithmetic."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

PAIR_SECONDS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message that the simulator took: a second one for the same reference is a copy."""

    wamid: str
    number: str
    """The sender's phone number id."""
    recipient: str
    """As it was given, with its "+"."""
    template: str
    reference: str
    """``biz_opaque_callback_data``"""
    at: float
    """UTC seconds."""
    connection: int
    document: dict[str, Any] | None
    """The request, None unless they are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A medium that a number has uploaded."""

    number: str
    media_id: str
    name: str
    media_type: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class WhatsAppInbox:
    """Everything that one simulator has seen. Read it freely; only the simulator writes."""

    arrivals: list[Arrival] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    per_recipient: Counter[str] = field(default_factory=Counter)
    per_reference: Counter[str] = field(default_factory=Counter)
    per_template: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    errors: Counter[int] = field(default_factory=Counter)
    """Errors that were answered, by code."""
    connections: int = 0
    open_connections: int = 0
    most_connections: int = 0
    webhooks: Counter[int] = field(default_factory=Counter)
    """Statuses of webhooks' receivers, 0 for none."""
    _waiters: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)

    def take(self, arrival: Arrival) -> None:
        """A message was accepted."""
        self.arrivals.append(arrival)
        self.per_recipient[arrival.recipient] += 1
        self.per_reference[arrival.reference] += 1
        self.per_template[arrival.template] += 1
        for wanted, waiter in self._waiters:
            if len(self.arrivals) >= wanted and not waiter.done():
                waiter.set_result(None)
        self._waiters = [pair for pair in self._waiters if not pair[1].done()]

    def connected(self) -> int:
        """Count a new connection and number it."""
        self.connections += 1
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        return self.connections

    async def wait_for(self, messages: int) -> None:
        """Return once that many messages were taken in all. Put a timeout around it."""
        if len(self.arrivals) < messages:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append((messages, waiter))
            await waiter

    def most_in_any_second(self, number: str | None = None) -> int:
        """The most messages of a number (of all) that any second saw."""
        times = sorted(one.at for one in self.arrivals if number is None or one.number == number)
        within: deque[float] = deque()
        most = 0
        for at in times:
            within.append(at)
            while at - within[0] >= 1.0:
                within.popleft()
            most = max(most, len(within))
        return most


class Throughput:
    """A bucket of tokens per number: ``per_second`` come in, up to a second's worth wait. 0: no limit."""

    def __init__(self, per_second: float = 0.0) -> None:
        self.per_second = per_second
        """May be changed while the simulator runs."""
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, number: str, now: float) -> bool:
        """Whether a message of this number is within its rate."""
        if self.per_second <= 0:
            return True
        tokens, at = self._buckets.get(number, (self.per_second, now))
        tokens = min(self.per_second, tokens + (now - at) * self.per_second)
        allowed = tokens >= 1
        self._buckets[number] = (tokens - allowed, now)
        return allowed


class Pairs:
    """One message per number and recipient in 6 s; ``burst`` more are lent by the future."""

    def __init__(self, burst: int = 45) -> None:
        self._burst = burst
        self._free_at: dict[tuple[str, str], float] = {}

    def take(self, number: str, recipient: str, now: float) -> bool:
        """Whether a message to this recipient is within the pair's rate."""
        free_at = max(self._free_at.get((number, recipient), now), now)
        if free_at - now > (self._burst - 1) * PAIR_SECONDS:
            return False
        self._free_at[number, recipient] = free_at + PAIR_SECONDS
        return True
