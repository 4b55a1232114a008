"""An SPF record read by its grammar (RFC 7208), to tell one that receivers must treat as broken.

Whether an address passes is not judged: which address a relay sends from is not known here.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network

from paceline.domain.errors import PacelineError
from paceline.outbound.dns import Dns

MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4
_TERM = re.compile(
    r"(?P<sign>[+?~-]?)(?P<name>[a-z0-9]+)(?::(?P<value>[^/\s]\S*?))?(?P<length>(?:/\d{1,3}){0,2}(?://\d{1,3})?)\Z",
    re.I,
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>\S*)\Z", re.IGNORECASE)
_WITH_LOOKUP = frozenset({"include", "a", "mx", "ptr", "exists"})
_NEEDS_VALUE = frozenset({"include", "exists", "ip4", "ip6"})


class SpfProblem(PacelineError):
    """Receivers end with a permanent error at this record."""


def examine_spf(dns: Dns, domain: str, record: str) -> list[str]:
    """What a person should know of a record, as ends of a sentence. Raises SpfProblem, LookupFailed."""
    notes = []
    terms = record.split()[1:]
    every = [term for term in terms if term.lower().lstrip("+-~?") == "all"]
    redirects = any(term.lower().startswith("redirect=") for term in terms)
    if not every and not redirects:
        notes.append("does not end with “all”, so that it refuses nobody")
    elif every and every[0].lower() in ("all", "+all"):
        notes.append("lets everybody send (+all)")
    _count(dns, domain, record, _Counter())
    return notes


class _Counter:
    lookups = 0

    def one_more(self) -> None:
        """Count a lookup. Raises SpfProblem above the limit."""
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise SpfProblem(f"it needs more than {MOST_LOOKUPS} DNS lookups with all that it includes")


def _count(dns: Dns, domain: str, record: str, counter: _Counter) -> None:
    """Walk through a record and those that it includes; a circle of them ends at the limit of lookups."""
    for term in record.split()[1:]:
        modifier = _MODIFIER.match(term)
        name, value = _mechanism(domain, term) if modifier is None else (modifier["name"].lower(), modifier["value"])
        if name in ("include", "redirect"):
            counter.one_more()
            if "%" not in value:
                _count(dns, value, _included(dns, domain, value), counter)
        elif name in _WITH_LOOKUP and modifier is None:
            counter.one_more()


def _mechanism(domain: str, term: str) -> tuple[str, str]:
    match = _TERM.match(term)
    name = "" if match is None else match["name"].lower()
    if match is None or name not in (*_WITH_LOOKUP, "ip4", "ip6", "all"):
        raise SpfProblem(f"{term[:60]!r} of {domain} is no term of SPF")
    value = match["value"] or ""
    if name in _NEEDS_VALUE and not value:
        raise SpfProblem(f"{term[:60]!r} of {domain} names nothing")
    try:
        if name == "ip4":
            IPv4Network(value + match["length"], strict=False)
        elif name == "ip6":
            IPv6Network(value + match["length"], strict=False)
    except ValueError:
        raise SpfProblem(f"{term[:60]!r} of {domain} is no network") from None
    return name, value


def _included(dns: Dns, domain: str, name: str) -> str:
    records = [text for text in dns.texts(name) if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) != 1:
        raise SpfProblem(f"{domain} includes {name[:100]}, which has {len(records) or 'no'} SPF records")
    return records[0]
