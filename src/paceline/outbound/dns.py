"""Questions to name servers: what is published about a name, nothing, or that it could not be looked up. Bounded in time."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from paceline.domain.errors import InputError, PacelineError, Problem
from paceline.settings import Settings

if TYPE_CHECKING:
    from dns.resolver import Resolver

_PORT = 53


class LookupFailed(PacelineError):
    """Nobody could say what is published: no answer, or no network. This says nothing about the name."""


class Dns:
    """Asks for records. Safe to use from several threads; each question waits for at most the timeout of the settings."""

    def __init__(self, settings: Settings) -> None:
        """Raises InputError for a setting that names no addresses."""
        self._servers = _servers(settings.dns_servers)
        self._timeout = settings.dns_timeout_seconds

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each as one text; none where the name or such a record is not there."""
        return [
            "".join(part.decode("utf-8", "replace") for part in record.strings) for record in self._ask(name, "TXT")
        ]

    def addresses(self, name: str) -> list[str]:
        """The IPv4 and IPv6 addresses of a name."""
        return [str(record.address) for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def mail_servers(self, name: str) -> list[str]:
        """Who takes mail for a name, the preferred first; "" is the sign that nobody does (RFC 7505)."""
        found = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [record.exchange.to_text(omit_final_dot=True).lower().removeprefix(".") for record in found]

    def names_of(self, address: str) -> list[str]:
        """The names of an address (PTR)."""
        pointer = ipaddress.ip_address(address).reverse_pointer
        return [record.target.to_text(omit_final_dot=True).lower() for record in self._ask(pointer, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        from dns import exception, resolver  # imported here: most commands never ask

        try:
            return list(self._resolver().resolve(f"{name.rstrip('.')}.", kind, search=False, lifetime=self._timeout))
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return []
        except (exception.DNSException, OSError, UnicodeError, ValueError) as error:
            raise LookupFailed(f"{kind} of {name}: {_words(error)}") from None

    def _resolver(self) -> Resolver:
        from dns.nameserver import Do53Nameserver
        from dns.resolver import Resolver

        if not self._servers:
            return Resolver()
        resolver = Resolver(configure=False)
        resolver.nameservers = [Do53Nameserver(address, port) for address, port in self._servers]
        return resolver


def _servers(words: str) -> list[tuple[str, int]]:
    """Addresses and ports of the setting."""
    found = []
    for word in filter(None, (word.strip() for word in words.split(","))):
        address, port = word, str(_PORT)
        if word.startswith("["):
            address, _, rest = word[1:].partition("]")
            port = rest.removeprefix(":") or port
        elif word.count(":") == 1:
            address, _, port = word.partition(":")
        try:
            found.append((str(ipaddress.ip_address(address)), int(port)))
        except ValueError:
            message = f"accepts addresses such as 9.9.9.9, 127.0.0.1:5353 or [::1]:53, got {word!r}"
            raise InputError([Problem(file="environment", field="PACELINE_DNS_SERVERS", message=message)]) from None
    return found


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
