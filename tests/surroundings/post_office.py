"""aiosmtpd with STARTTLS and AUTH in a process of its own; it keeps every message that it accepts.

``python -m surroundings.post_office CHAIN KEY RECORD`` prints its port and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from surroundings.certificates import Certificates

PASSWORD = "s3cret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One message that was accepted: who was logged in, the envelope, and the bytes as they came."""

    login: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """A running server. What it accepted can be read when it has ended."""

    port: int
    record: Path

    def delivered(self) -> Iterator[Delivered]:
        """Everything it accepted, in order."""
        with self.record.open() as lines:
            for line in lines:
                login, recipients, content = json.loads(line)
                yield Delivered(login=login, recipients=tuple(recipients), content=base64.b64decode(content))


@contextlib.contextmanager
def post_office(certificates: Certificates, record: Path) -> Iterator[PostOffice]:
    """Run the server; it has written down everything when the block ends."""
    files = (certificates.chain_file, certificates.key_file, record)
    command = [sys.executable, "-m", "surroundings.post_office", *map(str, files)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield PostOffice(port=int(process.stdout.readline()), record=record)
        finally:
            process.stdin.close()


class _Keeper:
    """aiosmtpd's handler."""

    def __init__(self, record: TextIO) -> None:
        self._record = record

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # aiosmtpd's name
        assert isinstance(envelope.original_content, bytes)
        content = base64.b64encode(envelope.original_content).decode()
        self._record.write(json.dumps([session.auth_data, envelope.rcpt_tos, content]) + "\n")
        return "250 2.0.0 kept"


def _authenticate(server: Any, session: Session, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    good = data.password.decode() == PASSWORD
    return AuthResult(success=good, handled=False, auth_data=data.login.decode())


async def _serve(chain: str, key: str, record: TextIO) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    loop = asyncio.get_running_loop()

    def connected() -> SMTP:
        return SMTP(
            _Keeper(record),
            loop=loop,
            hostname="peer.example.com",
            tls_context=context,
            require_starttls=True,
            authenticator=_authenticate,
            auth_required=True,
        )

    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    listener = await loop.create_server(connected, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


def _main(chain: str, key: str, record: str) -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of its own use of its own attributes
    with Path(record).open("w") as file:
        asyncio.run(_serve(chain, key, file))


if __name__ == "__main__":
    _main(*sys.argv[1:])
