"""Where the other end is, and how far the way there is to be trusted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from paceline.outbound.address_guard import AddressGuard


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAddress:
    """Where the other end is, and whom to believe that it is there."""

    url: str
    ca_file: str = ""
    guard: AddressGuard | None = None
    """None: a person of this machine has named it, so that it may be anywhere."""


def is_plain_and_far(url: str) -> bool:
    """Whether a URL is not protected by TLS and leads beyond this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"


def open_guard(url: str) -> AddressGuard:
    """A guard that lets through whatever a person of this machine has named."""
    host = (urlsplit(url).hostname or "").lower()
    everywhere = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    return AddressGuard(hosts=frozenset({host}), networks=everywhere)
