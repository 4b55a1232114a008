"""A local SMTP server to send into: it records what arrives and misbehaves on demand.

Everything that a provider would do to a sender is a rule (behaviours.py); without rules every login and message is taken.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from paceline.sandbox.behaviours import Behaviours, RuleBook
from paceline.sandbox.mailbox import Delivery, Mailbox, Violation
from paceline.sandbox.office import Office
from paceline.sandbox.record import MessageFolder, RecordFile
from paceline.sandbox.smtp_connection import SmtpConnection

__all__ = ["SmtpSandbox"]

_IDLE_SECONDS: Final = 600.0
_IDLE_CHECK_SECONDS: Final = 30.0
_BACKLOG: Final = 1_024


class SmtpSandbox:
    """The server. ``start`` and ``stop`` may be called again and in any order; what arrived stays in ``mailbox``.

    ``port`` 0 takes a free one and keeps it over a restart. ``record`` gets one JSON line per complete message before
    its reply, ``durable`` with fsync; ``keep`` is a folder for the messages themselves, ``keep_data`` keeps them in
    memory. ``tls`` offers STARTTLS, with ``implicit_tls`` it is spoken from the first octet. ``logins`` are passwords
    or access tokens by username; without it any login is accepted. ``latency_seconds`` is the simulated time one way,
    half a round trip. ``clock`` returns UTC seconds.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        record: Path | None = None,
        durable: bool = False,
        behaviours: Behaviours | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        logins: Mapping[str, str] | None = None,
        keep: Path | None = None,
        keep_data: bool = False,
        latency_seconds: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if implicit_tls and tls is None:
            raise ValueError("implicit_tls needs a tls context")
        self.host = host
        self.port = port
        """The port listened on, once started."""
        self.mailbox = Mailbox()
        """What arrived, counted in every way."""
        self._record_path = record
        self._durable = durable
        self._keep = keep
        self._implicit_tls = tls if implicit_tls else None
        self._office = Office(
            mailbox=self.mailbox,
            rules=RuleBook(behaviours or Behaviours(), self.mailbox),
            clock=clock,
            record=None,
            folder=None,
            keep_data=keep_data,
            tls=None if implicit_tls else tls,
            logins=logins,
            latency_seconds=latency_seconds,
        )
        self._server: asyncio.Server | None = None
        self._idle_check: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken. Started already: nothing."""
        if self._server is not None:
            return
        if self._record_path is not None:
            self._office.record = RecordFile(self._record_path, durable=self._durable)
        if self._keep is not None:
            self._office.folder = MessageFolder(self._keep)
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connection, self.host, self.port, ssl=self._implicit_tls, backlog=_BACKLOG
            )
        except OSError:
            await self._close_record()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        self._schedule_idle_check()

    def _connection(self) -> SmtpConnection:
        return SmtpConnection(self._office)

    async def stop(self) -> None:
        """Cut every connection and stop listening; what was filed is on the disk. Not started: nothing."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        if self._idle_check is not None:
            self._idle_check.cancel()
        await self.drop_connections()
        await server.wait_closed()
        await self._close_record()

    async def drop_connections(self) -> None:
        """Cut every open connection, as a server does that dies; listening goes on."""
        office = self._office
        office.all_gone.clear()
        for connection in tuple(office.connections):
            connection.cut()
        if office.connections:
            await office.all_gone.wait()

    async def _close_record(self) -> None:
        record, self._office.record = self._office.record, None
        if record is not None:
            await record.close()

    def _schedule_idle_check(self) -> None:
        self._idle_check = asyncio.get_running_loop().call_later(_IDLE_CHECK_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        since = asyncio.get_running_loop().time() - _IDLE_SECONDS
        for connection in tuple(self._office.connections):
            connection.close_if_idle(since)
        self._schedule_idle_check()

    @property
    def behaviours(self) -> Behaviours:
        """The rules in force. Setting new ones takes effect at once, on open connections too, with new counts."""
        return self._office.rules.behaviours

    @behaviours.setter
    def behaviours(self, behaviours: Behaviours) -> None:
        self._office.rules = RuleBook(behaviours, self.mailbox)

    @property
    def deliveries(self) -> list[Delivery]:
        """One per recipient of every message that was stored, in the order of arrival."""
        return self.mailbox.deliveries

    @property
    def per_recipient(self) -> Counter[str]:
        """Copies per recipient."""
        return self.mailbox.per_recipient

    @property
    def violations(self) -> Counter[Violation]:
        """What clients did against the protocol."""
        return self.mailbox.violations

    async def wait_for(self, messages: int) -> None:
        """Return once that many messages are stored in all. Put a timeout around it."""
        await self.mailbox.wait_for(messages)
