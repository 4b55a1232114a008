"""Which addresses a host or URL that was named through the API may lead to: public ones, and those an administrator lists.

Whoever may add an account or a webhook must not reach what only this machine can reach. The judgement is about the very
address that is connected to, at the moment of connecting: what a name leads to may change after it was first looked up.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from paceline.domain.errors import InputError, PacelineError, Problem

SETTING = "PACELINE_PRIVATE_HOSTS"

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""What ``socket.getaddrinfo`` gives."""

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

# The IANA special-purpose registries (RFC 6890 and its updates), and what clouds answer at in public ranges.
_REFUSED_V4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud's metadata"),
    ("169.254.0.0/16", "link-local, where clouds serve metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for measurements"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_REFUSED_V6: tuple[tuple[str, str], ...] = (
    ("::/128", "this host"),
    ("::1/128", "loopback"),
    ("::/96", "an embedded IPv4 address"),
    ("::ffff:0:0/96", "an embedded IPv4 address"),
    ("::ffff:0:0:0/96", "an embedded IPv4 address"),
    ("64:ff9b:1::/48", "an embedded IPv4 address"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "an embedded IPv4 address"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # how a machine without IPv4 sees the IPv4 internet (RFC 6052)

_REFUSED = [(ip_network(network), what) for network, what in (*_REFUSED_V4, *_REFUSED_V6)]
_NAME = re.compile(r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_LIKE_A_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_LONGEST_URL = 2000


class AddressRefused(PacelineError):
    """A host leads to an address that nobody may be sent to."""


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Judges hosts, URLs and addresses. ``hosts`` and ``networks`` are the administrator's exceptions."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def from_setting(cls, words: str) -> AddressGuard:
        """The guard with the exceptions of the setting: hosts, addresses and networks, separated by commas or spaces.

        Raises InputError naming the entry that is none of these.
        """
        hosts: set[str] = set()
        networks: list[_Network] = []
        for word in re.split(r"[,\s]+", words.strip()):
            name = word.lower().rstrip(".")
            try:
                networks.append(ip_network(name.strip("[]")))
            except ValueError:
                if name and (not _NAME.match(name) or _is_odd(name)):
                    message = f"accepts hosts, addresses and networks such as 10.0.0.0/8, got {word!r}"
                    raise InputError([Problem(file="environment", field=SETTING, message=message)]) from None
                hosts.add(name)
        return cls(frozenset(hosts - {""}), tuple(networks))

    def check_host(self, host: str) -> str:
        """The host in its one spelling. Raises AddressRefused for what can be refused without looking the name up."""
        name = host.lower()
        literal = _literal(name)
        if literal is not None:
            self.check_address(name, str(literal))
            return str(literal)
        name = name.removesuffix(".")
        if not _NAME.match(name) or _is_odd(name):
            raise AddressRefused(f"{_shown(host)} is no host name and no IP address in its usual spelling")
        if (name == "localhost" or name.endswith(".localhost")) and name not in self.hosts:
            raise AddressRefused(_sentence(host, "loopback"))
        return name

    def check_address(self, host: str, address: str) -> None:
        """Raise AddressRefused unless this host may be reached at this address, as the resolver spells it."""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            raise AddressRefused(f"{_shown(host)} leads to {_shown(address)}, which is no IP address") from None
        if host.lower().removesuffix(".") in self.hosts or any(found in network for network in self.networks):
            return
        what = _what_is_wrong(found)
        if what is not None:
            raise AddressRefused(_sentence(host, what, found))

    def check_url(self, url: str) -> SplitResult:
        """A URL that may be called, taken apart. Raises AddressRefused with the reason; the host is not yet looked up."""
        if len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise AddressRefused(f"accepts a URL of plain ASCII, up to {_LONGEST_URL} characters")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise AddressRefused("accepts a URL such as https://example.com/hook") from None
        if parts.scheme not in ("https", "http") or not host or port == 0:
            raise AddressRefused("accepts a URL that begins with https://")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("accepts a URL without a user name and a password in it")
        name = self.check_host(host)
        if parts.scheme == "http" and not self._is_listed(name):
            raise AddressRefused(
                f"accepts a URL that begins with https://; http:// only for hosts of the administrator's list ({SETTING})"
            )
        return parts

    async def resolve(self, host: str, port: int) -> list[AddressInfo]:
        """The addresses of a host, all of them allowed. Raises AddressRefused, or OSError where it has none.

        One refused address among them refuses them all: an answer that mixes is made to be tried until it fits.
        """
        name = self.check_host(host)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise AddressRefused(f"{_shown(host)} is no host name") from error
        for *_, address in found:
            self.check_address(host, str(address[0]))
        return [(family, kind, protocol, canonical, address) for family, kind, protocol, canonical, address in found]

    def _is_listed(self, name: str) -> bool:
        literal = _literal(name)
        return name in self.hosts or (literal is not None and any(literal in network for network in self.networks))


def _what_is_wrong(address: _Address) -> str | None:
    if isinstance(address, IPv6Address) and address in _NAT64:
        return _what_is_wrong(IPv4Address(int(address) & 0xFFFFFFFF))
    for network, what in _REFUSED:
        if address in network:
            return what
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return "reserved"
    return None


def _literal(name: str) -> _Address | None:
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _is_odd(name: str) -> bool:
    """Whether a C library would read this as a number: 2130706433, 0x7f.1, 127.1, 0177.0.0.1."""
    return _LIKE_A_NUMBER.match(name.rpartition(".")[2]) is not None


def _sentence(host: str, what: str, address: _Address | None = None) -> str:
    leads = "" if address is None or str(address) == host else f" leads to {address}, which"
    return (
        f"{_shown(host)}{leads} is not a public address ({what}); "
        f"an administrator can allow it with {SETTING} where this server starts"
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")
