"""Who is on the other end of a request that may have come through proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas. Raises ValueError naming the wrong one and what is accepted."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            accepted = "addresses or networks such as 10.0.0.7 or 10.0.0.0/8, separated by commas"
            raise ValueError(f"accepts {accepted}; got {part!r}") from None
    return tuple(found)


def client_address(peer: str, forwarded_for: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address of the client: the last one in X-Forwarded-For that a proxy of ours has not added for another of ours.

    Everything before it was written by the client and may be anything; so may the whole header when the peer is none of
    our proxies.
    """
    found = peer
    hops = [hop for header in forwarded_for for hop in header.split(",")]
    while hops and _is_one_of(found, proxies):
        address = _without_port(hops.pop().strip())
        if address is None:
            break
        found = address
    return found


def _is_one_of(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in networks)


def _without_port(hop: str) -> str | None:
    """The address in ``1.2.3.4``, ``1.2.3.4:80``, ``::1`` or ``[::1]:80``; None for anything else."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ipaddress.ip_address(hop))
    except ValueError:
        return None
