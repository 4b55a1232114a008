"""Every wait and every count of an SMTP connection, with its source. Nothing in this channel waits without one of these."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_MESSAGES_PER_CONNECTION = 1000

# What providers take on one connection before they close or slow it down, by the suffix of the host name.
_PROVIDER_MESSAGES = (
    ("gmail.com", 50),
    ("outlook.com", 50),
    ("office365.com", 50),
    ("yahoo.com", 20),
    ("mail.me.com", 5),
    ("icloud.com", 5),
    ("sendgrid.net", 100),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTimeouts:
    """Seconds. The defaults from ``greeting`` to ``final_dot`` are the minimum of RFC 5321 section 4.5.3.2."""

    connect: float = 30.0
    """Name resolution, and each address that is tried."""
    tls: float = 60.0
    greeting: float = 300.0
    command: float = 300.0
    """EHLO, STARTTLS, AUTH and RSET, for which the RFC names none."""
    mail: float = 300.0
    recipient: float = 300.0
    data: float = 120.0
    block: float = 180.0
    """One block of the body (64 KiB) on its way into the network."""
    final_dot: float = 600.0
    farewell: float = 2.0
    """QUIT, and the end of TLS: nothing depends on them."""
    token: float = 30.0
    """One request for an access token, from the first byte to the last."""

    @property
    def envelope(self) -> float:
        """For each reply to a pipelined MAIL, RCPT, DATA: the longest of the three."""
        return max(self.mail, self.recipient, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpLimits:
    """How an account's connections behave."""

    timeouts: SmtpTimeouts = field(default_factory=SmtpTimeouts)
    messages_per_connection: int | None = None
    """None: what the provider is known to take, see ``messages_per_connection_of``."""
    age_seconds: float = 300.0
    """A connection older than this takes no further message, so that slow servers do not collect the connections."""
    client_name: str = ""
    """What EHLO says; empty: this host's full name, or its address where it has none."""


def messages_per_connection_of(host: str) -> int:
    """How many messages this server takes on one connection, as far as providers say or show."""
    name = host.lower().rstrip(".")
    for suffix, count in _PROVIDER_MESSAGES:
        if name == suffix or name.endswith("." + suffix):
            return count
    return DEFAULT_MESSAGES_PER_CONNECTION
