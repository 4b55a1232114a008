"""A name server on loopback: answers from a table, says that a name is not there, or says nothing at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset

_LONGEST_STRING = 255


@dataclass(slots=True)
class NameServer:
    """``records``: (name without the final dot, type) -> texts as zone files have them; may be changed at any time."""

    port: int
    records: dict[tuple[str, str], list[str]]
    silent: bool = False
    """Whether it answers nothing from now on."""
    failing: set[str] = field(default_factory=set)
    """Names about which it can say nothing (SERVFAIL)."""
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def setting(self) -> str:
        """What PACELINE_DNS_SERVERS says to ask it."""
        return f"127.0.0.1:{self.port}"

    def publish(self, name: str, text: str) -> None:
        """A TXT record, in strings as long as they may be."""
        parts = [text[start : start + _LONGEST_STRING] for start in range(0, len(text), _LONGEST_STRING)] or [""]
        self.records[name, "TXT"] = [*self.records.get((name, "TXT"), []), " ".join(f'"{part}"' for part in parts)]

    def answer(self, question: bytes) -> bytes | None:
        """The bytes to send back."""
        query = dns.message.from_wire(question)
        asked = query.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        if self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA | dns.flags.RA
        texts = self.records.get((name, kind), [])
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif texts:
            response.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *texts))
        elif not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire(max_size=65535)


@contextmanager
def name_server(records: Mapping[tuple[str, str], list[str]] | None = None) -> Iterator[NameServer]:
    """A server that runs as long as the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        server = NameServer(udp.getsockname()[1], dict(records or {}))

        def serve() -> None:
            while True:
                question, client = udp.recvfrom(65535)
                if not question:
                    return
                answer = server.answer(question)
                if answer is not None:
                    udp.sendto(answer, client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", server.port))
            thread.join(10)
