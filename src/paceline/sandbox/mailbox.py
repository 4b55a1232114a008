"""What arrived at the sandbox, kept in memory: deliveries, counts, connections, protocol violations."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from paceline.sandbox.windows import count_by_window, most_in_any_window


class Violation(StrEnum):
    """What a client did against the protocol."""

    BARE_LINE_ENDING = "bare_line_ending"  # CR or LF alone, in a command or a message
    SMUGGLED_END = "smuggled_end"  # a dot between line endings of which one is bare: another server may end here
    NUL_BYTE = "nul_byte"  # NUL in a command or a message
    LINE_TOO_LONG = "line_too_long"  # above 998 octets in a message, 12,288 in a command
    UNDOUBLED_DOT = "undoubled_dot"  # a line of the message begins with a single dot
    EIGHT_BIT_UNDECLARED = "eight_bit_undeclared"  # octets above 127 without BODY=8BITMIME
    EARLY_TALKER = "early_talker"  # spoke before the greeting
    SPOKE_BEFORE_354 = "spoke_before_354"  # sent something behind DATA before it was answered
    PIPELINED_BEHIND_LAST = "pipelined_behind_last"  # sent something behind a command that must end a group (RFC 2920)
    PIPELINING_NOT_OFFERED = "pipelining_not_offered"  # did not wait for a reply though PIPELINING was not offered
    PLAINTEXT_BEHIND_STARTTLS = "plaintext_behind_starttls"  # sent commands behind STARTTLS; they are thrown away


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One complete message for one recipient."""

    recipient: str
    sender: str
    username: str
    """The login of the connection, "" without one."""
    message_id: str
    at: float
    """UTC seconds at the final dot."""
    connection: int
    """Connections are numbered from 1."""
    answered: str | None
    """The reply that was decided on; None when a rule let none be given."""
    data: bytes | None
    """The message as it arrived, dots no longer doubled; None unless data is kept."""


class Mailbox:
    """Everything that one sandbox has seen. Read it freely; only the server writes."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        """One per recipient of every message that was stored."""
        self.not_stored: list[Delivery] = []
        """One per recipient of every message that arrived complete and was not stored."""
        self.messages = 0
        self.per_recipient: Counter[str] = Counter()
        self.per_login: Counter[str] = Counter()
        self.violations: Counter[Violation] = Counter()
        self.connections = 0
        self.open_connections = 0
        self.most_connections = 0
        self.open_per_login: Counter[str] = Counter()
        self.most_per_login: Counter[str] = Counter()
        self._accepted_at: dict[str, array[float]] = {}
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    def connected(self) -> int:
        """Count a new connection and number it."""
        self.connections += 1
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        return self.connections

    def disconnected(self) -> None:
        """Count a connection as closed."""
        self.open_connections -= 1

    def logged_in(self, username: str) -> None:
        """Count a connection for its login."""
        self.open_per_login[username] += 1
        self.most_per_login[username] = max(self.most_per_login[username], self.open_per_login[username])

    def logged_out(self, username: str) -> None:
        """Undo ``logged_in``."""
        self.open_per_login[username] -= 1

    def stored(self, deliveries: list[Delivery]) -> None:
        """Take the deliveries of one message that the server keeps."""
        first = deliveries[0]
        self.messages += 1
        self.deliveries += deliveries
        for one in deliveries:
            self.per_recipient[one.recipient] = self.per_recipient.get(one.recipient, 0) + 1
        self.per_login[first.username] = self.per_login.get(first.username, 0) + 1
        self._note_instant(first.username, first.at)
        if self._waiters:
            self._wake()

    def _note_instant(self, username: str, at: float) -> None:
        times = self._accepted_at.get(username)
        if times is None:
            times = self._accepted_at[username] = array("d")
        if times and at < times[-1]:
            insort(times, at)
        else:
            times.append(at)

    def accepted_since(self, username: str | None, since: float) -> int:
        """Messages stored at or after an instant (UTC seconds), of one login or, with None, of all."""
        logins = self._accepted_at.values() if username is None else (self._accepted_at.get(username, array("d")),)
        return sum(len(times) - bisect_left(times, since) for times in logins)

    def accepted_per_login_and_window(self, seconds: int, timezone: tzinfo) -> Counter[tuple[str, datetime]]:
        """Messages stored per login and calendar window; the window is named by its beginning."""
        return count_by_window(self._accepted(), seconds, timezone)

    def most_in_any_window(self, seconds: float) -> Counter[str]:
        """Per login, the most messages stored in any rolling window."""
        return most_in_any_window(self._accepted(), seconds)

    def _accepted(self) -> Iterator[tuple[str, float]]:
        return ((login, at) for login, times in self._accepted_at.items() for at in times)

    async def wait_for(self, messages: int) -> None:
        """Return once that many messages are stored in all. Put a timeout around it."""
        if self.messages < messages:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append((messages, waiter))
            await waiter

    def _wake(self) -> None:
        for wanted, waiter in self._waiters:
            if self.messages >= wanted and not waiter.done():
                waiter.set_result(None)
        self._waiters = [pair for pair in self._waiters if not pair[1].done()]
