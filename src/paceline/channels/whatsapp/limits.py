"""Every wait and every count of the connections to the Cloud API. Nothing in this channel waits without one of these."""

from __future__ import annotations

from dataclasses import dataclass

RETRY_SECONDS = (5.0, 10.0)
"""When a request is repeated that was surely not processed: after the first failure, after the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppLimits:
    """How the connections of one phone number behave."""

    sockets: int = 100
    """Connections at the same time, at most; rate x latency decides how many there are."""
    idle_sockets: int = 10
    """Connections that are kept while nothing is sent on them; at work as many as are in use."""
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
