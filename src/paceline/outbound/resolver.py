"""Name resolution of aiohttp through the address guard: for hosts that people name."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from paceline.outbound.address_guard import AddressGuard, AddressInfo


class GuardedResolver(AbstractResolver):
    """Looks names up and refuses addresses that the guard refuses."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises AddressRefused."""
        return as_resolved(host, port, await self._guard.resolve(host, port))

    async def close(self) -> None:
        """Nothing is held."""


def as_resolved(host: str, port: int, found: list[AddressInfo]) -> list[ResolveResult]:
    """Addresses as aiohttp wants them: numbers that it must not look up again."""
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=family,
            proto=protocol,
            flags=socket.AI_NUMERICHOST,
        )
        for family, _, protocol, _, address in found
    ]


def guarded_socket(guard: AddressGuard) -> Callable[[Any], socket.socket]:
    """Makes sockets for addresses that the guard allows: the last gate, which addresses without a name pass too."""

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        guard.check_address(str(address[0]), str(address[0]))
        return socket.socket(family, kind, protocol)

    return make
