"""What systemd wants to hear of a service: ready, alive, stopping. Without NOTIFY_SOCKET nothing is said.

The protocol is one datagram per message to a Unix socket: sd_notify(3).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping


class ServiceManager:
    """The one that started this service, if it wants to be told."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog = environment.get("WATCHDOG_USEC", "")

    @property
    def alive_every_seconds(self) -> float | None:
        """How often it wants a sign of life: half of what it waits for; None: it wants none."""
        return int(self._watchdog) / 2e6 if self._address and self._watchdog.isdigit() else None

    def ready(self, status: str) -> None:
        """The service answers."""
        self._tell("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """A sign of life."""
        self._tell("WATCHDOG=1")

    def stopping(self, seconds: float) -> None:
        """The service ends, and asks for so much time from now on."""
        self._tell("STOPPING=1", f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)  # a manager that does not read must not keep us from ending
            channel.sendto("\n".join(lines).encode(), address)
