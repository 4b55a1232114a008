"""Every wait and every count of the connections to the Cloud API. Nothing in this channel waits without one of these."""

from __future__ import annotations

import math
from dataclasses import dataclass

from paceline.domain.rate import STANDARD_PER_SECOND

RETRY_SECONDS = (5.0, 10.0)
"""When a request is repeated that was surely not processed: after the first failure, after the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppLimits:
    """How the connections of one phone number behave."""

    sockets: int = 100
    """Connections at the same time, at most, of a number of 80 messages a second; of a faster one more in proportion. Rate x
    latency decides how many there are."""
    idle_sockets: int = 10
    """Connections that are kept while nothing is sent on them; at work as many as are in use."""
    patience_seconds: float = 0.25
    """So long a request waits for a connection that comes back before it makes one more than rate x latency asks for; about
    what TCP and TLS take to a server far away that is busy."""
    connect_seconds: float = 10.0
    """Name resolution, connection and TLS together."""
    activity_seconds: float = 60.0
    """From the request to the end of its answer."""
    idle_seconds: float = 30.0
    """After this an unused connection is closed; above the 10 s between two attempts."""
    lifetime_seconds: float = 60.0
    """A connection that is older takes no further request, so that changes of the provider's addresses are followed."""
    longest_answer: int = 65536
    """Bytes of an answer; what is longer is not read."""

    def sockets_at(self, per_second: float) -> int:
        """Connections at the same time, at most, of a number of so many messages a second."""
        return math.ceil(self.sockets * max(per_second / STANDARD_PER_SECOND, 1.0))
